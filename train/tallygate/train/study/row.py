"""One row of the table, and the file that keeps it, so that a study goes on where it was cut off."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

import msgspec

from tallygate.runtime.bundle import Score
from tallygate.runtime.outputs import write_json

Family = Literal["classical", "n-grams", "neural"]
Setting = str | int | float | bool | None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that were tried."""

    settings: dict[str, Setting]
    validation_accuracy: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier reached and what it costs."""

    settings: dict[str, Setting]
    """Chosen on validation out of ``trials``."""
    trials: list[Trial]
    validation: Score
    test: Score
    """Scored once, with the chosen settings."""
    parameters: int
    """Numbers that training decided: weights; nodes of trees; stored values of nearest neighbours."""
    bytes: int
    """What a deployment must store: :attr:`weight_bytes` and :attr:`vocabulary_bytes`."""
    weight_bytes: int
    """Every stored number as float32 or int32, uncompressed."""
    vocabulary_bytes: int
    """A line per word or n-gram, UTF-8."""
    train_seconds: float
    """Of the processor, so that a busy machine changes little: features, vectors and training with the chosen
    settings, without scoring."""
    texts_per_second: float
    """Per second of the processor, from raw texts to labels, over the whole test split."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One classifier of the table."""

    name: str
    family: Family
    features: str
    """What the classifier sees of a text."""
    measured: Measured | None = None
    skipped: str | None = None
    """Why there are no figures."""


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    fingerprint: str
    row: Row


def fingerprint(study: str, name: str, settings: object) -> str:
    """Of all that decides a row: the study's data and settings, and the row's own."""
    return hashlib.sha256(repr((study, name, settings)).encode("utf-8")).hexdigest()


def row_path(folder: Path, name: str) -> Path:
    """``rows/NAME.json``, in small letters and hyphens."""
    return folder / "rows" / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.json"


def read_row(path: Path, expected: str) -> Row | None:
    """The row that was made with the fingerprint ``expected``; ``None`` where there is none, or it was skipped."""
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
    except (OSError, ValueError):
        return None
    return stored.row if stored.fingerprint == expected and stored.row.measured is not None else None


def write_row(path: Path, row: Row, made_with: str) -> None:
    """Write it whole. Raises :class:`OutputError` when that cannot be done."""
    stored = _Stored(fingerprint=made_with, row=row)
    write_json(path, stored)
