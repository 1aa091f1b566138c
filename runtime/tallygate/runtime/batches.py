"""Batches: rows of ids of unequal length as one padded array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tallygate.runtime.text import PADDING

if TYPE_CHECKING:  # a process that asks the C core alone never loads numpy
    import numpy as np
    from numpy.typing import NDArray

BATCH_IDS = 65_536
"""Most ids per run of an engine, padding included: it bounds the memory of very long texts."""


@dataclass(frozen=True)
class Batch:
    """What an engine takes."""

    ids: NDArray[np.int64]
    """[batch, time], padded with row 0 behind each row's length."""
    lengths: NDArray[np.int64]
    """[batch], each at least 1."""


def pad(rows: Sequence[Sequence[int]], time: int | None = None) -> Batch:
    """Pad ``rows`` to ``time`` columns, or to the longest of them. Every row must have at least one id."""
    import numpy as np

    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    ids = np.full((len(rows), time or int(lengths.max())), PADDING, dtype=np.int64)
    for row, values in zip(ids, rows, strict=True):
        row[: len(values)] = values
    return Batch(ids, lengths)


def batches_by_length(rows: Sequence[Sequence[int]], size: int) -> Iterator[list[int]]:
    """The positions of all ``rows`` in batches of like length, the longest first.

    A batch has at most ``size`` rows and, after padding, at most BATCH_IDS ids, unless it is one row that has more.
    """
    order = sorted(range(len(rows)), key=lambda position: len(rows[position]))
    while order:
        count = max(1, min(size, BATCH_IDS // len(rows[order[-1]])))
        yield order[-count:]
        del order[-count:]
