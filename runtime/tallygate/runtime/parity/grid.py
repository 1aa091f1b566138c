"""The hard grid: the same rows alone and in company, at many batch sizes and padded lengths.

An answer must not depend on who stands beside it or on how far it is padded, and nothing in a graph's form shows
whether it does: engines read behind the last token, sum over padding, quantize a whole batch with one scale, or choose
another kernel for a batch of one. So the same rows are asked in each of these companies, with random ids in the padding
too, and compared with themselves. It is small, since every engine and variant goes through it at every `verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.batches import BATCH_IDS, Batch, pad
from tallygate.runtime.engines import Engine

PROBES = 16
"""Rows that are tried in every company; their lengths are spread from the shortest to the longest."""
BATCH_SIZES = (2, 3, 7, 16, 64)


@dataclass(frozen=True)
class Arrangement:
    """Rows that are run together."""

    rows: tuple[int, ...]
    """Positions of the rows; one can stand in it several times."""
    time: int
    """Padded length."""
    filler: int | None = None
    """Seed of random ids behind each row's end, where not the padding row."""

    def batch(self, ids: Sequence[Sequence[int]]) -> Batch:
        """The arrangement as an engine takes it."""
        batch = pad([ids[row] for row in self.rows], self.time)
        if self.filler is not None:
            behind = np.arange(self.time) >= batch.lengths[:, None]
            known = np.concatenate([np.asarray(row) for row in ids])
            batch.ids[behind] = np.random.default_rng(self.filler).choice(known, int(behind.sum()))
        return batch


@dataclass(frozen=True)
class GridResult:
    """What an engine made of the grid."""

    max_row_difference: float
    """Largest difference of a row's logits between standing alone and any other place; NaN where any is NaN."""
    max_logit_difference: float
    """Largest difference from the reference, over all places, of logits divided by their row's temperature."""
    max_raw_difference: float
    """The same of logits as they are."""


def run_grid(
    engine: Engine,
    ids: Sequence[Sequence[int]],
    reference: NDArray[np.float32],
    max_length: int,
    temperatures: NDArray[np.float64],
) -> GridResult:
    """Run the grid over ``ids``; ``reference`` is float32 [rows, outputs], ``temperatures`` [rows].

    No batch is longer than ``max_length``.
    """
    probes = _probes(ids)
    alone = {row: _run(engine, Arrangement((row,), len(ids[row])), ids)[0] for row in probes}
    between, apart = [0.0], [(row, _distance(logits, reference[row])) for row, logits in alone.items()]
    for arrangement in arrangements(probes, [len(row) for row in ids], max_length):
        for row, logits in zip(arrangement.rows, _run(engine, arrangement, ids), strict=True):
            apart.append((row, _distance(logits, reference[row])))
            if row in alone:
                between.append(_distance(logits, alone[row]))
    divided, raw = [distance / temperatures[row] for row, distance in apart], [distance for _, distance in apart]
    return GridResult(*(float(np.max(distances)) for distances in (between, divided, raw)))


def arrangements(probes: Sequence[int], lengths: Sequence[int], max_length: int) -> Iterator[Arrangement]:
    """Every company of the grid, for probes in ascending order of their length."""
    longest, shortest = probes[-1], probes[0]
    for number, row in enumerate(probes):
        full = {max_length} if number % 5 == 0 else set()
        for time in sorted({lengths[row] + 1, 2 * lengths[row] + 3} | full):
            if time <= max_length:
                yield Arrangement((row,), time)
                yield Arrangement((row,), time, filler=number)
        yield _fitting((row,) * 5, lengths)
        yield _fitting((shortest, row, longest), lengths)
    for size in BATCH_SIZES:
        company = tuple(np.resize(probes, size).tolist())
        yield _fitting(company, lengths)
        yield _fitting(company[::-1], lengths, filler=size)
    yield _fitting(tuple(range(len(lengths)))[:64], lengths)


def _fitting(rows: tuple[int, ...], lengths: Sequence[int], filler: int | None = None) -> Arrangement:
    """The rows padded to the longest of them, without the last ones where that would be too much to run."""
    time = max(lengths[row] for row in rows)
    return Arrangement(rows[: max(1, BATCH_IDS // time)], time, filler)


def _probes(ids: Sequence[Sequence[int]]) -> list[int]:
    """Rows of different lengths, the shortest and the longest among them."""
    by_length = {len(row): position for position, row in enumerate(ids)}
    ordered = [by_length[length] for length in sorted(by_length)]
    places = np.linspace(0, len(ordered) - 1, min(PROBES, len(ordered))).round().astype(int)
    return [ordered[place] for place in places]


def _run(engine: Engine, arrangement: Arrangement, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    batch = arrangement.batch(ids)
    return engine.run(batch.ids, batch.lengths)


def _distance(logits: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    return float(np.abs(logits - others).max())
