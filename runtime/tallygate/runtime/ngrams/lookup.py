"""From the ids of texts to the rows of their n-grams and to sums of codes, in integers: the specification of it all.

Remainders and divisions are masks and shifts, for all numbers are at least 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.ngrams.shape import FINGERPRINT_BITS, HASH_BITS, SUM_BITS, NgramShape

Ints = NDArray[np.int64]
_SUM, _HASH = 2**SUM_BITS - 1, 2**HASH_BITS - 1


@dataclass(frozen=True)
class NgramTables:
    """An n-gram part, whole."""

    shape: NgramShape
    words: int
    """V, ids of the vocabulary."""
    codes: NDArray[np.int8]
    """[V + slots, outputs]; row 0 is zeros."""
    scales: NDArray[np.float32]
    """[outputs]."""
    displacements: Ints
    """[buckets], 16 bits."""
    fingerprints: Ints
    """[slots], 16 bits."""

    def rows(self, ids: Ints, lengths: Ints) -> Ints:
        """``ids`` [batch, time], ``lengths`` [batch] -> int64 [batch, rows]: rising, each row once, 0 else."""
        columns = columns_of(ids, lengths, self.shape.longest, self.words)
        found = hashes(columns, self.shape)
        slots = slots_of(found, self.displacements, self.shape)
        known = (self.fingerprints[slots] == found[2] >> (HASH_BITS - FINGERPRINT_BITS)) & (columns[0] + columns[1] > 0)
        rows = np.concatenate([_whole(ids, lengths), np.where(known, slots + self.words, 0)], axis=1)
        rows.sort(axis=1)
        rows[:, 1:][rows[:, 1:] == rows[:, :-1]] = 0
        return rows

    def sums(self, ids: Ints, lengths: Ints) -> NDArray[np.int32]:
        """int32 [batch, outputs]: per logit the sum of the codes of what stands in each text."""
        codes = self.codes[self.rows(ids, lengths)]
        total: NDArray[np.int32] = codes.sum(axis=1, dtype=np.int32)
        return total

    def logits(self, ids: Ints, lengths: Ints) -> NDArray[np.float32]:
        """float32 [batch, outputs]: what the n-grams add."""
        scaled: NDArray[np.float32] = self.sums(ids, lengths).astype(np.float32) * self.scales
        return scaled


def columns_of(ids: Ints, lengths: Ints, longest: int, words: int) -> Ints:
    """The n-grams of each text as columns: int64 [longest, batch, n-grams]; see docs/ngrams.md for their order."""
    padded = np.pad(_whole(ids, lengths), ((0, 0), (1, 1)))
    left, right = padded[:, :-1], padded[:, 1:]
    if longest == 2:
        return np.stack([left, right])
    first, middle, last = padded[:, :-2], padded[:, 1:-1], padded[:, 2:]
    pairs, triples = (left, right, np.full_like(left, words)), (middle, last, first)
    return np.stack([np.concatenate(both, axis=1) for both in zip(pairs, triples, strict=True)])


def hashes(columns: Ints, shape: NgramShape) -> Ints:
    """int64 [longest, ...] -> [3, ...], 24 bits each."""
    factors = np.array(shape.factors, dtype=np.int64)
    spread = factors.reshape(*factors.shape, *[1] * (columns.ndim - 1))
    total = spread[:, 0] * columns[0]
    for place in range(1, len(columns)):
        total += spread[:, place] * columns[place]
    found: Ints = (total & _SUM) >> (SUM_BITS - HASH_BITS)
    return found


def slots_of(found: Ints, displacements: Ints, shape: NgramShape) -> Ints:
    """From :func:`hashes` [3, ...] to the slot where each n-gram stands if it is known: [...]."""
    buckets = found[0] * shape.buckets >> HASH_BITS
    places = (found[1] + displacements[buckets] * found[2]) & _HASH
    slots: Ints = places * shape.slots >> HASH_BITS
    return slots


def as_bytes(numbers: Ints) -> NDArray[np.uint8]:
    """16-bit integers [n] as they stand in a file: uint8 [n, 2], the high byte first."""
    return numbers.astype(">u2").view(np.uint8).reshape(-1, 2)


def as_numbers(pairs: NDArray[np.uint8]) -> Ints:
    """What :func:`as_bytes` made, as int64 [n]."""
    return pairs[:, 0].astype(np.int64) << 8 | pairs[:, 1]


def _whole(ids: Ints, lengths: Ints) -> Ints:
    """``ids`` with 0 behind each text's end."""
    inside = np.arange(ids.shape[1]) < lengths[:, None]
    return np.where(inside, ids, 0)
