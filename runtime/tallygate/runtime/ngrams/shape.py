"""The numbers of an n-gram part, and the bounds within which its arithmetic cannot overflow."""

from __future__ import annotations

import msgspec

HASHES = 3
"""Hashes of an n-gram: its bucket; its place; its step, of which the upper bits are its fingerprint."""
SUM_BITS, HASH_BITS, FINGERPRINT_BITS = 42, 24, 16
"""Of a multilinear sum as far as it is used; of the hash that is taken from it; of a fingerprint and a displacement."""
MAX_FACTOR = 2**SUM_BITS - 1
MAX_IDS = 2**18 + 2
"""Ids of a vocabulary. Ids and their number are below 2^19: with factors below 2^42, a sum of three is below 2^63."""
MAX_SLOTS = 2**21
"""And buckets: times a hash of 24 bits below 2^45."""
LARGEST_CODE = 127
_EXACT_FLOATS = 2**24
"""Up to this size every integer is a float32, so sums of codes are exact in any order."""


class NgramShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How n-grams are found; see docs/ngrams.md."""

    longest: int
    """Words of the longest n-gram, 2 or 3."""
    slots: int
    """N, rows of n-grams."""
    buckets: int
    """B, displacements."""
    factors: tuple[tuple[int, ...], ...]
    """[hashes][columns], odd."""

    def __post_init__(self) -> None:
        numbers = [factor for row in self.factors for factor in row]
        rules = {
            "longest must be 2 or 3": self.longest in (2, 3),
            f"slots must be from 1 to {MAX_SLOTS:,}": 1 <= self.slots <= MAX_SLOTS,
            f"buckets must be from 1 to {MAX_SLOTS:,}": 1 <= self.buckets <= MAX_SLOTS,
            f"factors must be {HASHES} times longest": [len(row) for row in self.factors] == [self.longest] * HASHES,
            f"factors must be odd, from 1 to {MAX_FACTOR:,}": all(n % 2 and 1 <= n <= MAX_FACTOR for n in numbers),
        }
        for rule, holds in rules.items():
            if not holds:
                raise ValueError(f"ngrams.{rule}")


def longest_text(longest: int) -> int:
    """Tokens of a text up to which its sums of codes are exact in float32: ``longest * (tokens + 1)`` rows at most."""
    return (_EXACT_FLOATS - 1) // (LARGEST_CODE * longest) - 1
