"""Which column of a file holds what, and what may stand in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

from tallygate.runtime.errors import InputError
from tallygate.runtime.records.formats import shortened
from tallygate.runtime.records.rows import BadRow, Row

TEXT_COLUMNS = ("text", "review", "sentence")
"""Names under which :func:`choose_column` finds the texts for a prediction, the likeliest first."""


def choose_column(name: str, columns: Collection[str], wanted: str | None, guesses: Sequence[str], option: str) -> str:
    """Pick ``wanted``, else the only column, else the first of ``guesses`` that is there, in any case.

    ``option`` is the command line's option for it. Raises :class:`InputError` that lists the columns.
    """
    if wanted is not None:
        if wanted not in columns:
            raise InputError(name, f"has no column {wanted!r}, only {listed(columns)}", f"check {option}")
        return wanted
    found = next(iter(columns)) if len(columns) == 1 else guess_column(columns, guesses)
    if found is None:
        raise InputError(name, f"has the columns {listed(columns)}", f"choose one with {option}")
    return found


def told_choice(name: str, columns: Collection[str], chosen: str, option: str) -> str | None:
    """What a user should know of a column that was chosen for him; None where its name leaves no doubt."""
    if len(columns) == 1 and guess_column(columns, TEXT_COLUMNS) is None:
        reason = f"{name}: its first line, {shortened(chosen)}, is taken for the name of its only column"
        return f"{reason}; if that is a text, put a line with a name before it"
    if len(columns) > 1:
        return f"{name}: texts are taken from the column {shortened(chosen)}; {option} takes another"
    return None


def guess_column(columns: Collection[str], guesses: Sequence[str]) -> str | None:
    """The first of ``guesses`` that is among ``columns``, in any case of letters; None when none is."""
    folded = {column.strip().casefold(): column for column in reversed(list(columns))}
    return next((folded[guess] for guess in guesses if guess in folded), None)


def text_in(row: Row, column: str) -> str | BadRow:
    """The text in ``column``: any string that is Unicode text, the empty one included."""
    if column not in row.values:
        return without_column(row, column)
    value = row.values[column]
    if not isinstance(value, str):
        return BadRow(row.line, f"has {_kind(value)} for its {column!r}, not a text")
    if not _is_unicode_text(value):
        return BadRow(row.line, f"has half a surrogate pair in its {column!r}, which is not Unicode text")
    return value


def without_column(row: Row, column: str) -> BadRow:
    """What is wrong with ``row`` when it has no ``column``, which can be in JSON lines."""
    return BadRow(row.line, f"has no {column!r}, only {listed(row.values)}")


def listed(columns: Collection[str]) -> str:
    """The names of at most ten columns, each cut at 40 characters, for a message."""
    more = [f"{len(columns) - 10} more"] if len(columns) > 10 else []
    return ", ".join([*map(shortened, islice(columns, 10)), *more]) or "none"


def _kind(value: object) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, float) and value != value:
        return "NaN"
    kinds = {bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), f"a value of type {type(value).__name__}")


def _is_unicode_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
