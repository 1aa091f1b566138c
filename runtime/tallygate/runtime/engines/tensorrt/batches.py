"""Any batch -> batches that a plan's profile accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.profile import Profile
from tallygate.runtime.text import PADDING


@dataclass(frozen=True)
class Piece:
    """Some rows of a batch, in a shape that the profile accepts."""

    rows: slice
    """Where they stand in the batch."""
    ids: NDArray[np.int64]
    """[batch, time], with rows and columns of padding where the profile asks for more than there are."""
    lengths: NDArray[np.int64]
    """[batch]."""

    @property
    def count(self) -> int:
        """Rows that are not padding."""
        return int(self.rows.stop - self.rows.start)


def pieces_of(ids: NDArray[np.int64], lengths: NDArray[np.int64], profile: Profile) -> Iterator[Piece]:
    """Cut ``ids`` [batch, time] and ``lengths`` [batch] into pieces, which together are all rows in their order.

    Columns beyond the longest row are dropped, since padding never matters. Raises :class:`PlanError` for a row that
    is longer than the profile.
    """
    longest = int(lengths.max(initial=1))
    if longest > profile.time.max:
        reason = f"takes {profile.time.max} ids a row, and a row has {longest}"
        raise PlanError(f"profile {profile}", reason, "build a plan with a larger --profile")
    for start in range(0, len(ids), profile.batch.max):
        rows = slice(start, min(start + profile.batch.max, len(ids)))
        yield _fitted(rows, ids[rows], lengths[rows], profile)


def _fitted(rows: slice, ids: NDArray[np.int64], lengths: NDArray[np.int64], profile: Profile) -> Piece:
    ids = ids[:, : max(int(lengths.max()), profile.time.min)]
    batch, time = max(len(ids), profile.batch.min), max(ids.shape[1], profile.time.min)
    if ids.shape == (batch, time):
        return Piece(rows, np.ascontiguousarray(ids), lengths)
    padded = np.full((batch, time), PADDING, np.int64)
    padded[: ids.shape[0], : ids.shape[1]] = ids
    return Piece(rows, padded, np.concatenate([lengths, np.ones(batch - len(lengths), np.int64)]))
