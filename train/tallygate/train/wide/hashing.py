"""A perfect hash of n-grams, by hash and displace: a slot for each, found with two small tables and no n-gram stored.

Buckets are placed the largest first: each tries displacements until all of its n-grams fall on free slots
(Belazzougui, Botelho & Dietzfelbinger 2009, "Hash, displace, and compress"). Where a bucket finds none, other factors
are drawn, since that is cheaper than a wider table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.errors import TallygateError
from tallygate.runtime.ngrams import HASH_BITS, HASHES, MAX_FACTOR, NgramShape, hashes

FULLNESS = 0.9
"""Share of the slots that are taken."""
PER_BUCKET = 4
"""N-grams of a bucket on average."""
_TRIES, _DISPLACEMENTS, _AT_ONCE = 32, 65_536, 256
_FINGERPRINT_SHIFT = 8

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PerfectHash:
    """Where each of some n-grams stands."""

    shape: NgramShape
    slots: Ints
    """[n-grams] of each, no two alike."""
    displacements: Ints
    """[buckets]."""
    fingerprints: Ints
    """[slots]; 0 where nothing stands, whose codes are 0 as well."""


def perfect_hash(columns: Ints, seed: int = 0) -> PerfectHash:
    """A place for each n-gram; ``columns`` [longest, n-grams], all different. The same columns give the same hash.

    Raises :class:`TallygateError` where no factors are found, which is no matter of luck: n-grams stand twice.
    """
    generator = np.random.default_rng([seed, columns.shape[1]])
    count = columns.shape[1]
    slots, buckets = max(1, int(np.ceil(count / FULLNESS))), max(1, -(-count // PER_BUCKET))
    for _ in range(_TRIES):
        factors = generator.integers(0, MAX_FACTOR // 2, (HASHES, len(columns)), endpoint=True) * 2 + 1
        shape = NgramShape(len(columns), slots, buckets, tuple(tuple(row) for row in factors.tolist()))
        placed = _placed(hashes(columns, shape), shape)
        if placed is not None:
            return placed
    raise TallygateError("n-grams", f"{count:,} of them found no perfect hash", "report this")


def _placed(found: Ints, shape: NgramShape) -> PerfectHash | None:
    """``found`` [3, n-grams] are their hashes."""
    buckets = found[0] * shape.buckets >> HASH_BITS
    order = np.argsort(buckets, kind="stable")
    ends = np.cumsum(np.bincount(buckets, minlength=shape.buckets))
    starts = np.concatenate([[0], ends[:-1]])
    slots = np.full(found.shape[1], -1, dtype=np.int64)
    displacements, taken = np.zeros(shape.buckets, dtype=np.int64), np.zeros(shape.slots, dtype=bool)
    for bucket in np.argsort(starts - ends, kind="stable"):
        members = order[starts[bucket] : ends[bucket]]
        if not len(members):
            break
        displacement = _displacement(found[1, members], found[2, members], taken, shape.slots)
        if displacement is None:
            return None
        displacements[bucket] = displacement
        slots[members] = _slots(found[1, members], found[2, members], displacement, shape.slots)
        taken[slots[members]] = True
    fingerprints = np.zeros(shape.slots, dtype=np.int64)
    fingerprints[slots] = found[2] >> _FINGERPRINT_SHIFT
    return PerfectHash(shape, slots, displacements, fingerprints)


def _displacement(places: Ints, steps: Ints, taken: NDArray[np.bool_], slots: int) -> int | None:
    """The least one that puts all n-grams of a bucket on different free slots."""
    for first in range(0, _DISPLACEMENTS, _AT_ONCE):
        tried = np.arange(first, first + _AT_ONCE)[:, None]
        wanted = np.sort(_slots(places, steps, tried, slots), axis=1)
        is_free = ~taken[wanted].any(axis=1) & (np.diff(wanted, axis=1) > 0).all(axis=1)
        if is_free.any():
            return int(first + is_free.argmax())
    return None


def _slots(places: Ints, steps: Ints, displacement: Ints | int, slots: int) -> Ints:
    found: Ints = (places + displacement * steps & 2**HASH_BITS - 1) * slots >> HASH_BITS
    return found
