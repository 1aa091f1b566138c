"""Rows of ids and what the specification answers, as a file that ``equal.c`` and ``equal_in_node.mjs`` read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.native.conftest import MAX_LENGTH, ROWS, make_image, specified

SIX_LABELS = {"layers": 2, "directions": 2, "outputs": 6}
FORMS: dict[str, dict[str, int]] = {"one direction": {}, "two layers, both directions, six labels": SIX_LABELS}
HIDDEN_SIZES = (8, 33, 100, 128, 256, 512)
POOLINGS = ("last", "mean", "max", "floored mean")
BATCHES = 130


@dataclass(frozen=True)
class Case:
    """An image, rows of ids, and what the specification answers."""

    image: bytes
    rows: list[NDArray[np.int64]]
    logits: NDArray[np.float64]


def case(form: str, hidden: int, pooling: str, rows: int = BATCHES) -> Case:
    """One combination; every length from 1 to the longest is among enough rows."""
    floor, kind = 25 if pooling == "floored mean" else 1, pooling.removeprefix("floored ")
    image = make_image(hidden=hidden, inputs=8, pooling=kind, pooling_floor=floor, **FORMS[form])
    chosen = rows_of_every_length(hidden, rows)
    return Case(image, chosen, specified(image, chosen))


def rows_of_every_length(seed: int, count: int) -> list[NDArray[np.int64]]:
    """Random ids; lengths go round from 1 to the longest, shuffled."""
    rng = np.random.default_rng(seed)
    lengths = rng.permutation(np.arange(count) % MAX_LENGTH + 1)
    return [rng.integers(0, ROWS, length) for length in lengths]


def write_cases(path: Path, rows: Sequence[NDArray[np.int64]], logits: NDArray[np.float64]) -> Path:
    """Rows and outputs, offsets, logits, ids: see ``equal.c``."""
    offsets = np.cumsum([0, *map(len, rows)]).astype("<i8")
    head = np.array(logits.shape, "<u4").tobytes()
    path.write_bytes(
        head + offsets.tobytes() + logits.astype("<f8").tobytes() + np.concatenate(rows).astype("<i4").tobytes()
    )
    return path
