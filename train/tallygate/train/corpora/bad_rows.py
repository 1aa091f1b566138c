"""Rows that cannot be trained on: the first one ends the reading, or all of them are counted and left out."""

from __future__ import annotations

from pathlib import Path

from tallygate.runtime.records import BadRow, reject

SHOWN = 5


class BadRows:
    """Takes bad rows as they are found."""

    def __init__(self, skip: bool) -> None:
        self._skip = skip
        self._count = 0
        self._first: list[str] = []

    def add(self, path: Path, bad: BadRow, unit: str = "line") -> None:
        """Count ``bad``. Raises :class:`InputError`, with file and line, unless bad rows are skipped."""
        reject(str(path), bad, self._keep if self._skip else None, unit)
        if len(self._first) < SHOWN:
            self._first.append(f"{path.name} {unit} {bad.line} {bad.reason}")

    def facts(self) -> dict[str, object]:
        """How many ``rows`` there were, and what is wrong with the ``first`` few, without paths of this machine."""
        return {"rows": self._count, "first": self._first}

    def _keep(self, bad: BadRow) -> None:
        self._count += 1
