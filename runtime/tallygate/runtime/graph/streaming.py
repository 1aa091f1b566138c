"""The streaming network: a graph that is handed the states of the texts' beginnings, and gives those of their ends.

Each run reads ``lengths[row]`` more tokens of a row, none of a row that pauses. What a pool has seen is kept beside
hidden states and cells: the sum (float64, so that a stream without end keeps its mean), or the greatest, and how many
tokens there were. All states are zeros at first. States in and states out sort alike, and no name begins another, since
servers have swapped states by the order of their names (https://github.com/triton-inference-server/server/issues/8586).

``tallygate export --streaming`` writes its file from these terms (:mod:`tallygate.export.graph.streaming`), so what the
contract takes and what is exported cannot part; that they compute what PyTorch does is what the gate proves.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.network import Network
from tallygate.runtime.graph.storage import Floats, Storage
from tallygate.runtime.graph.tensor import DOUBLE, FLOAT, INT32, INT64
from tallygate.runtime.graph.terms import Term

MAX_LAYERS = 99
"""As many as two digits count."""
_LEAST, _ZERO = b"\x00\x00\x80\xff", b"\x00\x00\x00\x00"
_POOLS = {"mean": ("pool_sum", DOUBLE), "max": ("pool_max", FLOAT)}
"""Name and type of the state of each pooling that has one of its own; the last hidden state is one already."""


class State(msgspec.Struct, frozen=True):
    """One of the states."""

    name: str
    """Behind ``state_in_`` and ``state_out_``."""
    dtype: int
    """TensorProto.DataType."""
    shape: tuple[int, ...]
    """Of one text; in the graph, ``batch`` stands before it."""

    @property
    def is_sum(self) -> bool:
        """Whether it adds up hidden states, in float64."""
        return self.dtype == DOUBLE

    @property
    def taken(self) -> str:
        """Name of the input."""
        return f"state_in_{self.name}"

    @property
    def given(self) -> str:
        """Name of the output."""
        return f"state_out_{self.name}"


def check_has_state(layers: int, bidirectional: bool, has_ngrams: bool = False) -> None:
    """Raise :class:`ValueError` for an architecture that has no bounded state between two pieces of a text."""
    if bidirectional:
        raise ValueError("the model reads texts from both ends, so it has no state between them")
    if has_ngrams:
        raise ValueError("the model counts each n-gram of a text once, which takes a memory of all that were there")
    if layers > MAX_LAYERS:
        raise ValueError(f"the model has {layers} layers, and a streaming graph {MAX_LAYERS} at most")


def states_of(architecture: Architecture, sizes: Sizes) -> list[State]:
    """The states, in the order of their names, which is the graph's.

    Raises :class:`ValueError` as :func:`check_has_state`.
    """
    check_has_state(architecture.layers, architecture.bidirectional, architecture.ngrams is not None)
    numbers, width = range(architecture.layers), (sizes.hidden_size,)
    states = [State(f"{kind}_{number:02}", FLOAT, width) for kind in ("cell", "hidden") for number in numbers]
    states.append(State("count", INT64, ()))
    pools = [_POOLS[pooling] for pooling in architecture.pooling.split("-") if pooling in _POOLS]
    states += [State(name, dtype, width) for name, dtype in pools]
    return sorted(states, key=lambda state: state.name)


def float32_storage(storage: Storage) -> Floats:
    """``storage``. Raises :class:`ValueError` where the weights are kept in another format than float32."""
    if type(storage) is not Floats or storage.half != FLOAT:
        raise ValueError("its weights are not float32, as those of a streaming graph are")
    return storage


class StreamingNetwork(Network, frozen=True):
    """Writes the terms of one architecture with states; floats of [time, batch, width] unless told otherwise."""

    storage: Floats

    def outputs(self) -> dict[str, Term]:
        """Every output by name: ``logits`` [batch, outputs], and the states after these tokens."""
        given = {"state_out_count": self._count()}
        _, words = self.storage.embedded(self.terms, self.terms.leaf("input", "ids"))
        every, hidden, cell = self._read(0, words)
        given |= {"state_out_hidden_00": hidden, "state_out_cell_00": cell}
        for layer in range(1, self.architecture.layers):
            every, hidden, cell = self._read(layer, self._states(every))
            given |= {f"state_out_hidden_{layer:02}": hidden, f"state_out_cell_{layer:02}": cell}
        features = []
        for pooling in self.architecture.pooling.split("-"):
            pooled, pools = _WRITE[pooling](self, every, hidden)
            features.append(pooled)
            given |= pools
        return {"logits": self._answer(features)} | given

    def _taken(self, name: str) -> Term:
        return self.terms.leaf("input", f"state_in_{name}")

    def _count(self) -> Term:
        """Tokens that were read by now, int64 [batch]."""
        return self.terms.apply("Add", self._taken("count"), self.terms.leaf("input", "lengths"))

    def _is_positive(self, count: Term) -> Term:
        """int64 [batch] -> bool [batch, 1]."""
        t = self.terms
        return t.apply("Unsqueeze", t.apply("Greater", count, t.numbers(0, scalar=True)), t.numbers(1))

    def _states(self, every: Term) -> Term:
        return self.terms.apply("Squeeze", every, self.terms.numbers(1))

    def _read(self, layer: int, states: Term) -> tuple[Term, Term, Term]:
        """One layer: its hidden states [time, 1, batch, hidden size], and each row's last one and its cell, both
        [batch, hidden size].

        onnxruntime gives zeros for a row of length 0, so a row that pauses keeps what it had.
        """
        t, name, hidden = self.terms, f"lstm.{layer}.forward", self.sizes.hidden_size
        matrices = (self.storage.weight(t, f"{name}.{kind}", 1) for kind in "wr")
        before = [self._taken(f"{kind}_{layer:02}") for kind in ("hidden", "cell")]
        initial = [t.apply("Unsqueeze", state, t.numbers(0)) for state in before]
        lengths = t.apply("Cast", t.leaf("input", "lengths"), to=INT32)
        arguments = states, *matrices, t.leaf("weight", f"{name}.b"), lengths, *initial
        every, *last = (t.apply("LSTM", *arguments, output=place, hidden_size=hidden) for place in range(3))
        moves = self._is_positive(t.leaf("input", "lengths"))
        kept = [
            t.apply("Where", moves, t.apply("Squeeze", new, t.numbers(0)), old)
            for new, old in zip(last, before, strict=True)
        ]
        return every, kept[0], kept[1]

    def _is_read(self) -> Term:
        """Where there is text, bool [time, batch, 1]."""
        t = self.terms
        time = t.apply("Squeeze", t.apply("Shape", t.leaf("input", "ids"), start=1, end=2))
        steps = t.apply("Range", t.numbers(0, scalar=True), time, t.numbers(1, scalar=True))
        positions = t.apply("Unsqueeze", steps, t.numbers(1))
        return t.apply("Unsqueeze", t.apply("Less", positions, t.leaf("input", "lengths")), t.numbers(2))

    def _last_so_far(self, _: Term, hidden: Term) -> tuple[Term, dict[str, Term]]:
        return hidden, {}

    def _mean_so_far(self, every: Term, _: Term) -> tuple[Term, dict[str, Term]]:
        t = self.terms
        kept = t.apply("Where", self._is_read(), self._states(every), self._number(_ZERO))
        total = t.apply("ReduceSum", t.apply("Cast", kept, to=DOUBLE), t.numbers(0), keepdims=0)
        pool = t.apply("Add", self._taken("pool_sum"), total)
        count = t.apply("Clip", self._count(), t.numbers(self.architecture.pooling_floor, scalar=True))
        divisor = t.apply("Cast", t.apply("Unsqueeze", count, t.numbers(1)), to=DOUBLE)
        return t.apply("Cast", t.apply("Div", pool, divisor), to=FLOAT), {"state_out_pool_sum": pool}

    def _greatest_so_far(self, every: Term, _: Term) -> tuple[Term, dict[str, Term]]:
        t, least = self.terms, self._number(_LEAST)
        masked = t.apply("Where", self._is_read(), self._states(every), least)
        now = t.apply("ReduceMax", masked, t.numbers(0), keepdims=0)
        before = t.apply("Where", self._is_positive(self._taken("count")), self._taken("pool_max"), least)
        both = t.apply("Max", before, now)
        pool = t.apply("Where", self._is_positive(self._count()), both, self._number(_ZERO))
        return pool, {"state_out_pool_max": pool}

    def _number(self, data: bytes) -> Term:
        return self.terms.leaf("numbers", FLOAT, (), data)


_WRITE: dict[str, Callable[[StreamingNetwork, Term, Term], tuple[Term, dict[str, Term]]]] = {
    "last": StreamingNetwork._last_so_far,
    "mean": StreamingNetwork._mean_so_far,
    "max": StreamingNetwork._greatest_so_far,
}
"""What each pooling makes of the last layer's states and of its rows' last ones: features, and its own state."""
