"""The JSON file of a part: its figures and the settings that they were made with."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from matplotlib.figure import Figure

from tallygate.runtime.outputs import atomic_file, write_bytes


class Record(Protocol):
    """What a part writes: a frozen ``msgspec.Struct`` with its settings in a field of that name."""

    @property
    def settings(self) -> msgspec.Struct:
        """All that decides the figures."""


R = TypeVar("R", bound=Record)


def read_record(path: Path, kind: type[R], settings: msgspec.Struct) -> R | None:
    """The record at ``path`` if it was made with ``settings``; ``None`` if there is none, or one of other settings."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError):
        return None
    return record if record.settings == settings else None


def write_record(path: Path, record: Record) -> None:
    """Write it whole. Raises :class:`OutputError` when that cannot be done."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def write_picture(path: Path, figure: Figure) -> None:
    """Write ``figure`` as a PNG. Raises :class:`OutputError` when that cannot be done."""
    with atomic_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
