"""The JSON file of a part: its figures and the settings that they were made with."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from tallygate.runtime.outputs import write_json


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
    write_json(path, record)
