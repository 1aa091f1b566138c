"""The network that a graph has to be, term by term, and nothing beside it.

``tallygate export`` lets PyTorch write a graph, and this is that graph again, from the architecture alone. A graph
whose ``logits`` are another term, or that holds a step which is none of these, is refused. **A new kind of network is
written here**, and nowhere else in the runtime's checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.ngram_terms import NgramTerms
from tallygate.runtime.graph.storage import Storage
from tallygate.runtime.graph.tensor import FLOAT
from tallygate.runtime.graph.terms import TIME_FIRST, Term, Terms

_LARGEST = 2**63 - 1
_INFINITY = {1: b"\x00\x00\x80\xff", 10: b"\x00\xfc", 16: b"\x80\xff"}
"""Minus infinity, by TensorProto.DataType."""
_HEAD_OPERATORS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "softplus": "Softplus",
    "leaky-relu": "LeakyRelu",
}


class Network(msgspec.Struct, frozen=True):
    """Writes the terms of one architecture; floats of [batch, time, width] unless told otherwise."""

    terms: Terms
    architecture: Architecture
    sizes: Sizes
    storage: Storage

    def logits(self) -> Term:
        """[batch, outputs], from the inputs ``ids`` and ``lengths``."""
        states, by_time = self.storage.embedded(self.terms, self.terms.leaf("input", "ids"))
        for layer in range(self.architecture.layers):
            states = self._layer(layer, states, by_time)
            by_time = self._turned(states)
        pooled = [_POOLING[name](self, states) for name in self.architecture.pooling.split("-")]
        logits = self._answer(pooled)
        ngrams = self.architecture.ngrams
        if ngrams is None:
            return logits
        part = NgramTerms(self.terms, ngrams, self.sizes.vocabulary_size)
        return self.terms.apply("Add", logits, part.logits(self._positions(), self._lengths()))

    def _answer(self, pooled: Sequence[Term]) -> Term:
        features = pooled[0] if len(pooled) == 1 else self.terms.apply("Concat", *pooled, axis=1)
        operator = _HEAD_OPERATORS.get(self.architecture.head_activation)
        return self.storage.head(self.terms, self.terms.apply(operator, features) if operator else features)

    def _layer(self, layer: int, states: Term, by_time: Term) -> Term:
        forward = self._direction(f"lstm.{layer}.forward", by_time)
        if not self.architecture.bidirectional:
            return forward
        width = self.sizes.width(self.architecture) if layer else self.sizes.embedding_size
        backward = self._direction(f"lstm.{layer}.backward", self._turned(self._reversed(states, width)))
        return self.terms.apply("Concat", forward, self._reversed(backward, self.sizes.hidden_size), axis=2)

    def _direction(self, name: str, by_time: Term) -> Term:
        states = self.storage.lstm(self.terms, name, by_time, self.sizes.hidden_size)
        return self._turned(self.terms.apply("Squeeze", states, self.terms.numbers(1)))

    def _turned(self, states: Term) -> Term:
        return self.terms.apply("Transpose", states, perm=TIME_FIRST)

    def _positions(self) -> Term:
        """0 to time - 1, int64 [1, time]."""
        t = self.terms
        time = t.apply("Squeeze", t.apply("Shape", t.leaf("input", "ids"), start=1, end=2))
        steps = t.apply("Range", t.numbers(0, scalar=True), time, t.numbers(1, scalar=True))
        return t.apply("Unsqueeze", steps, t.numbers(0))

    def _lengths(self) -> Term:
        """int64 [batch, 1]."""
        return self.terms.apply("Unsqueeze", self.terms.leaf("input", "lengths"), self.terms.numbers(1))

    def _reversed(self, states: Term, width: int) -> Term:
        """Each row reversed inside its own length."""
        t, positions = self.terms, self._positions()
        mirrored = t.apply("Sub", t.apply("Sub", self._lengths(), t.numbers(1, scalar=True)), positions)
        is_inside = t.apply("GreaterOrEqual", mirrored, t.numbers(0, scalar=True))
        index = t.apply("Unsqueeze", t.apply("Where", is_inside, mirrored, positions), t.numbers(2))
        return t.apply("GatherElements", states, self._expanded(index, width), axis=1)

    def _expanded(self, index: Term, width: int) -> Term:
        return self.terms.apply("Expand", index, self.terms.numbers(1, 1, width))

    def _is_valid(self) -> Term:
        """Where there is text, bool [batch, time, 1]."""
        t = self.terms
        return t.apply("Unsqueeze", t.apply("Less", self._positions(), self._lengths()), t.numbers(2))

    def _as_float32(self, value: Term) -> Term:
        return value if self.storage.half == FLOAT else self.terms.apply("Cast", value, to=FLOAT)

    def _last(self, states: Term) -> Term:
        """The state after the whole text: at the last valid step forward, at the first one backward."""
        t, units = self.terms, self.sizes.hidden_size
        last = t.apply("Sub", t.leaf("input", "lengths"), t.numbers(1, scalar=True))
        index = self._expanded(t.apply("Reshape", last, t.numbers(-1, 1, 1), allowzero=1), units)
        forward = states
        if self.architecture.bidirectional:
            forward = t.apply("Slice", states, t.numbers(0), t.numbers(units), t.numbers(2), t.numbers(1))
        final = t.apply("Squeeze", t.apply("GatherElements", forward, index, axis=1), t.numbers(1))
        if self.architecture.bidirectional:
            first = t.apply("Gather", states, t.numbers(0, scalar=True), axis=1)
            rest = t.numbers(units), t.numbers(_LARGEST), t.numbers(1), t.numbers(1)
            final = t.apply("Concat", final, t.apply("Slice", first, *rest), axis=1)
        return self._as_float32(final)

    def _max(self, states: Term) -> Term:
        t, half = self.terms, self.storage.half
        least = t.leaf("numbers", half, (), _INFINITY[half])
        masked = t.apply("Where", t.apply("Not", self._is_valid()), least, states)
        return self._as_float32(t.apply("ReduceMax", masked, t.numbers(1), keepdims=0))

    def _mean(self, states: Term) -> Term:
        t = self.terms
        kept = t.apply("Mul", states, t.apply("Cast", self._is_valid(), to=self.storage.half))
        total = t.apply("ReduceSum", self._as_float32(kept), t.numbers(1), keepdims=0)
        return t.apply("Div", total, t.apply("Cast", self._divisor(), to=FLOAT))

    def _divisor(self) -> Term:
        """max(length, floor), int64 [batch, 1]."""
        floor = self.architecture.pooling_floor
        if floor == 1:
            return self._lengths()
        return self.terms.apply("Clip", self._lengths(), self.terms.numbers(floor, scalar=True))


_POOLING: dict[str, Callable[[Network, Term], Term]] = {
    "last": Network._last,
    "max": Network._max,
    "mean": Network._mean,
}
