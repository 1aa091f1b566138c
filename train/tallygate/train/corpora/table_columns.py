"""Which columns of a table hold the texts and the labels, and what a label is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tallygate.runtime.errors import InputError, UsageError
from tallygate.runtime.records import BadRow, Row, choose_column, guess_column, text_in, without_column

TEXT_COLUMNS = (
    "text", "review", "sentence", "question", "comment", "content", "body", "message", "tweet", "document", "headline",
)  # fmt: skip
LABEL_COLUMNS = ("label", "labels", "sentiment", "class", "target", "category", "intent", "topic", "y")
"""Names by which columns are guessed, in any case of letters, the likeliest first."""

_NO_LABEL = {"", "nan", "null"}


@dataclass(frozen=True)
class Columns:
    """The columns that training reads."""

    text: str
    label: str


def choose_columns(name: str, columns: Sequence[str], text: str | None, label: str | None) -> Columns:
    """Take the columns that the user named, guess the others; of two columns the one that is left needs no guess.

    Raises :class:`InputError`, with the columns that are there, and :class:`UsageError` when both are the same one.
    """
    if text is not None and text == label:
        raise UsageError(f"--label-column {label}", "is the text column too", "name two columns")
    if len(columns) < 2:
        reason = f"has fewer than two columns ({', '.join(map(repr, columns))}), and training needs a text and a label"
        raise InputError(name, reason, "add a column of labels")
    likely_label = label or guess_column([column for column in columns if column != text], LABEL_COLUMNS)
    text = choose_text_column(name, columns, text, likely_label)
    if label is None:
        columns = [column for column in columns if column != text]
    return Columns(text, choose_column(name, columns, label, LABEL_COLUMNS, "--label-column"))


def choose_text_column(name: str, columns: Sequence[str], text: str | None, label: str | None = None) -> str:
    """Take the column that the user named, else guess one that is not ``label``. Raises :class:`InputError`."""
    if text is None:
        columns = [column for column in columns if column != label]
    return choose_column(name, columns, text, TEXT_COLUMNS, "--text-column")


def example_in(row: Row, columns: Columns) -> tuple[str, str] | BadRow:
    """The text and the label of ``row``."""
    text, label = text_in(row, columns.text), label_in(row, columns.label)
    if isinstance(text, BadRow):
        return text
    return label if isinstance(label, BadRow) else (text, label)


def label_in(row: Row, column: str) -> str | BadRow:
    """The label in ``column``: a string without white space around it, a number or truth value as Python prints it.

    So ``1`` is the same label in CSV, JSON and Parquet. Empty strings, null and NaN are no labels.
    """
    if column not in row.values:
        return without_column(row, column)
    value = row.values[column]
    label = text_in(row, column) if isinstance(value, str) else str(value)
    if isinstance(label, BadRow):
        return label
    if value is None or label.strip().casefold() in _NO_LABEL:
        shown = "null" if value is None else label.strip() or "it is empty"
        return BadRow(row.line, f"has no label in its {column!r} ({shown})", "give it a label")
    if not isinstance(value, (str, int, float)) or (isinstance(value, float) and math.isinf(value)):
        return BadRow(row.line, f"has a label in its {column!r} that is neither a text nor a number")
    return label.strip()
