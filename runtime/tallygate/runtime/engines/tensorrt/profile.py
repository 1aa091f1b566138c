"""Which batches a plan accepts: the smallest, the usual and the largest."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tallygate.runtime.errors import UsageError

MAX_BATCH = 64
"""Rows of the largest batch by default: a plan holds memory for it, whether it comes or not."""
MAX_IDS = 2**24
"""Most ids of one batch, which keeps TensorRT's own limit of a tensor (2^40 numbers) far away."""
_FORM = "write MIN:OPT:MAX rows, a comma, and MIN:OPT:MAX ids per row, such as 1:16:64,1:200:400"


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sizes of one axis."""

    min: int
    opt: int
    """The size that kernels are chosen for."""
    max: int

    def __str__(self) -> str:
        return f"{self.min}:{self.opt}:{self.max}"


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shapes of one plan."""

    batch: Range
    """Rows."""
    time: Range
    """Ids per row."""

    def __str__(self) -> str:
        return f"{self.batch},{self.time}"

    def check(self) -> Profile:
        """Return itself. Raises :class:`UsageError` when it is impossible."""
        for name, sizes in (("batch", self.batch), ("time", self.time)):
            if not 1 <= sizes.min <= sizes.opt <= sizes.max:
                reason = f"is impossible: {name} must be 1 <= MIN <= OPT <= MAX, and is {sizes}"
                raise UsageError(f"profile {self}", reason, _FORM)
        if self.batch.max * self.time.max > MAX_IDS:
            raise UsageError(f"profile {self}", f"is too large: more than {MAX_IDS:,} ids a batch", _FORM)
        return self


def profile_from_text(text: str) -> Profile:
    """``1:16:64,1:200:400`` -> the profile. Raises :class:`UsageError` when it is none."""
    try:
        batch, time = (Range(*map(int, part.split(":"))) for part in text.split(","))
    except (ValueError, TypeError) as error:
        raise UsageError(f"profile {text!r}", "is not of the right form", _FORM) from error
    return Profile(batch, time).check()


def profile_from_lengths(lengths: Sequence[int], max_length: int) -> Profile:
    """A profile for texts of these lengths in ids, none of which is longer than ``max_length``.

    Kernels are chosen for the median length; every text that the tokenizer can give is accepted.
    """
    usual = round(float(np.median(lengths))) if len(lengths) else max_length // 2
    return Profile(Range(1, 16, MAX_BATCH), Range(1, min(max(usual, 1), max_length), max_length)).check()
