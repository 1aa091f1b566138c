"""What a row of a file is. Alone here, so that texts of the command line need nothing of what reads files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    line: int
    """Line on which it starts, from 1."""
    values: dict[str, object]
    """Column name -> value: a string, or for JSON lines anything that JSON holds."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used."""

    line: int
    """Line of the fault, from 1."""
    reason: str
    """What is wrong, as in "line 17 **is not valid UTF-8**"."""
    mend: str = "mend that row"
    """What the user can do about it."""
    row_line: int | None = None
    """Line on which its row starts, where that is another."""
    columns: tuple[str, ...] = ()
    """The columns that its row should have had, where the file's header tells them."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text and the row that it stands in; or the place of a row that has none."""

    line: int
    """Line on which the row starts, from 1."""
    text: str | None
    """None where the row is bad."""
    values: Mapping[str, object]
    """Column name -> value; empty where the row cannot be read at all."""
    bad: BadRow | None = None
