"""The n-gram part of a graph, term by term, and the arrays that it is made of (docs/ngrams.md)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from tallygate.runtime.graph.architecture import Sizes
from tallygate.runtime.graph.tensor import FLOAT, INT8, INT64, UINT8, Tensor
from tallygate.runtime.graph.terms import Term, Terms
from tallygate.runtime.ngrams import HASH_BITS, MAX_IDS, NgramShape

CODES, SCALES = "ngrams.codes", "ngrams.scales"
DISPLACEMENTS, FINGERPRINTS = "ngrams.displacements", "ngrams.fingerprints"
_LEAST_SCALE = np.finfo(np.float32).tiny
_SUM, _SHIFT, _HASH, _FINGERPRINT, _BYTE = 2**42, 2**18, 2**HASH_BITS, 2**8, 256
_END = 2**63 - 1


def ngram_tensors(shape: NgramShape, sizes: Sizes) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Type and dimensions of every array, by name."""
    return {
        CODES: (INT8, (sizes.vocabulary_size + shape.slots, sizes.outputs)),
        SCALES: (FLOAT, (sizes.outputs,)),
        DISPLACEMENTS: (UINT8, (shape.buckets, 2)),
        FINGERPRINTS: (UINT8, (shape.slots, 2)),
    }


def check_ngrams(tensors: Mapping[str, Tensor], sizes: Sizes) -> None:
    """Raise :class:`ValueError` for arrays whose sums would not be what docs/ngrams.md says of them."""
    codes, scales = tensors[CODES].array(), tensors[SCALES].array()
    if sizes.vocabulary_size > MAX_IDS:
        raise ValueError(f"it has {sizes.vocabulary_size:,} rows, and n-grams of at most {MAX_IDS:,} ids")
    if codes[0].any():
        raise ValueError(f"{CODES} has a row 0 that is not zeros")
    if (codes == -128).any():
        raise ValueError(f"{CODES} holds -128")
    if (scales < _LEAST_SCALE).any():
        raise ValueError(f"{SCALES} holds a scale below {_LEAST_SCALE}")


class NgramTerms(msgspec.Struct, frozen=True):
    """Writes the terms of one n-gram part."""

    terms: Terms
    shape: NgramShape
    words: int
    """V, ids of the vocabulary."""

    def logits(self, positions: Term, lengths: Term) -> Term:
        """What the n-grams add, float32 [batch, outputs].

        ``positions`` are 0 to time - 1, int64 [1, time]; ``lengths`` int64 [batch, 1].
        """
        t, nothing = self.terms, self._number(0)
        behind = t.apply("GreaterOrEqual", positions, lengths)
        ids = t.apply("Where", behind, nothing, t.leaf("input", "ids"))
        edge = t.apply("Mul", lengths, nothing)
        closed = t.apply("Concat", ids, edge, axis=1)
        rows = t.apply("Concat", closed, self._rows(self._columns(ids, closed, edge)), axis=1)
        count = t.apply("Shape", rows, start=1, end=2)
        ordered = t.apply("TopK", rows, count)
        t.apply("TopK", rows, count, output=1)
        # The least of them is 0, an edge: it may be left out.
        one, other = self._part(ordered, 0, -1), self._part(ordered, 1, _END)
        once = t.apply("Where", t.apply("Equal", one, other), nothing, one)
        table = t.apply("DequantizeLinear", t.leaf("weight", CODES), self._unit())
        sums = t.apply("ReduceSum", t.apply("Gather", table, once), t.numbers(1), keepdims=0)
        return t.apply("Mul", sums, t.leaf("weight", SCALES))

    def _columns(self, ids: Term, closed: Term, edge: Term) -> list[Term]:
        """int64 [batch, n-grams] each; ``closed`` is [batch, time + 1], the ids and an edge."""
        t = self.terms
        opened = t.apply("Concat", edge, ids, axis=1)
        if self.shape.longest == 2:
            return [opened, closed]
        beside = t.apply("Add", t.apply("Mul", closed, self._number(0)), self._number(self.words))
        last, first = self._part(closed, 1, _END), self._part(opened, 0, -1)
        both = (opened, ids), (closed, last), (beside, first)
        return [t.apply("Concat", pair, triple, axis=1) for pair, triple in both]

    def _rows(self, columns: list[Term]) -> Term:
        """int64 [batch, n-grams]: the row of each n-gram that is known, else 0."""
        t = self.terms
        found = self._hashes(columns)
        bucket_hash, place, step = (t.apply("Gather", found, self._number(which), axis=0) for which in range(3))
        bucket = self._within(bucket_hash, self.shape.buckets)
        moved = t.apply("Mul", self._sixteen_bits(DISPLACEMENTS, bucket), step)
        slot = self._within(self._mod(t.apply("Add", place, moved), _HASH), self.shape.slots)
        wanted = t.apply("Div", step, self._number(_FINGERPRINT))
        is_same = t.apply("Equal", self._sixteen_bits(FINGERPRINTS, slot), wanted)
        is_text = t.apply("Greater", t.apply("Add", columns[0], columns[1]), self._number(0))
        row = t.apply("Add", slot, self._number(self.words))
        return t.apply("Where", t.apply("And", is_same, is_text), row, self._number(0))

    def _hashes(self, columns: list[Term]) -> Term:
        """int64 [3, batch, n-grams]."""
        t = self.terms
        by_column = zip(*self.shape.factors, strict=True)
        factors = [t.numbers(*factors, dims=(len(factors), 1, 1)) for factors in by_column]
        total, *rest = (t.apply("Mul", column, factor) for column, factor in zip(columns, factors, strict=True))
        for product in rest:
            total = t.apply("Add", total, product)
        return t.apply("Div", self._mod(total, _SUM), self._number(_SHIFT))

    def _within(self, hashed: Term, count: int) -> Term:
        """A hash as a number below ``count``."""
        t = self.terms
        return t.apply("Div", t.apply("Mul", hashed, self._number(count)), self._number(_HASH))

    def _sixteen_bits(self, name: str, places: Term) -> Term:
        """What stands at ``places`` of an array of byte pairs."""
        t = self.terms
        pairs = t.apply("Cast", t.apply("Gather", t.leaf("weight", name), places), to=INT64)
        return t.apply("ReduceSum", t.apply("Mul", pairs, t.numbers(_BYTE, 1)), t.numbers(-1), keepdims=0)

    def _mod(self, value: Term, divisor: int) -> Term:
        return self.terms.apply("Mod", value, self._number(divisor))

    def _part(self, value: Term, begin: int, end: int) -> Term:
        """Along time, from ``begin`` to ``end``."""
        t = self.terms
        return t.apply("Slice", value, t.numbers(begin), t.numbers(end), t.numbers(1), t.numbers(1))

    def _number(self, value: int) -> Term:
        return self.terms.numbers(value, scalar=True)

    def _unit(self) -> Term:
        return self.terms.leaf("numbers", FLOAT, (), np.float32(1).tobytes())
