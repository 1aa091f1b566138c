"""Rows of text, CSV, TSV and JSON-lines files of any size, for prediction and for training.

This is the one place where rows are read by line. A file is never held whole: memory is bounded by its
longest row. A row that cannot be used raises, or goes to ``on_bad`` and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from tallygate.runtime.errors import InputError, UsageError
from tallygate.runtime.records.columns import TEXT_COLUMNS, choose_column, text_in, told_choice
from tallygate.runtime.records.formats import Format, rows_from_file
from tallygate.runtime.records.opening import GZIP, Watcher, checked_encoding, in_lines_of_bytes, opened
from tallygate.runtime.records.rows import BadRow, Row, TextRow

FORMATS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip
"""Suffix -> format; a file with any other suffix is text."""

OnBad = Callable[[BadRow], None]


def format_from_name(name: str | Path) -> Format:
    """The format that a file's suffix names, in any case of letters; ``text`` when it names none.

    Of ``reviews.csv.gz`` it is the suffix before ``.gz``.
    """
    path = Path(name)
    plain = path.with_suffix("") if path.suffix.lower() == GZIP else path
    return FORMATS.get(plain.suffix.lower(), "text")


def read_texts(
    source: str | Path | BinaryIO,
    *,
    name: str | None = None,
    format: Format | None = None,  # noqa: A002 - the command line's own word for it
    column: str | None = None,
    on_bad: OnBad | None = None,
    encoding: str = "utf-8",
) -> Iterator[str]:
    """Yield the texts of ``source``, without their rows; arguments and errors as in :func:`read_text_rows`."""
    rows = read_text_rows(source, name=name, format=format, column=column, on_bad=on_bad, encoding=encoding)
    for row in rows:
        if row.text is not None:
            yield row.text


def read_text_rows(
    source: str | Path | BinaryIO,
    *,
    name: str | None = None,
    format: Format | None = None,  # noqa: A002
    column: str | None = None,
    on_bad: OnBad | None = None,
    encoding: str = "utf-8",
    on_choice: Callable[[str], None] | None = None,
    watcher: Watcher | None = None,
) -> Iterator[TextRow]:
    """Yield the rows of ``source``, a path or an open binary file such as ``sys.stdin.buffer``, with their texts.

    A text file holds one text per line, and an empty line is an empty text. CSV and TSV begin with a header.
    In those and in JSON lines the texts stand in ``column``; without it a single column is taken, else
    ``text``, ``review`` or ``sentence``, and ``on_choice`` is told so. ``name`` is what errors call it; a path that
    ends in ``.gz`` is expanded. A bad row goes to ``on_bad`` and is yielded without a text. Raised while iterating are

    :class:`InputNotFoundError` when there is no such file or it may not be read, :class:`UsageError` when
    ``column`` is given for a text file or ``encoding`` is none, :class:`InputError` when the file is empty, has no such
    column or no good row, and, when ``on_bad`` is None, at the first bad row.
    """
    name, file_format = name or _name_of(source), format or _format_of(source)
    if file_format == "text" and column is not None:
        raise UsageError(f"--column {column}", f"{name} is read as plain text", "give CSV, TSV or JSON lines")
    bad_rows = _BadRows(name, on_bad)
    # Objects of JSON lines need not have the same keys, so there a missing column is a fault of its row.
    chosen, good = column if file_format == "jsonl" else None, 0
    for row in _rows(source, name, file_format, encoding, watcher):
        if isinstance(row, BadRow):
            bad_rows(row)
            yield TextRow(row.row_line or row.line, None, dict.fromkeys(row.columns, ""), row)
            continue
        chosen = chosen or _chosen_column(name, row, column, on_choice)
        text = text_in(row, chosen)
        if isinstance(text, BadRow):
            bad_rows(text)
            yield TextRow(row.line, None, row.values, text)
        else:
            good += 1
            yield TextRow(row.line, text, row.values)
    if not good:
        raise bad_rows.nothing_left()


def _chosen_column(name: str, row: Row, column: str | None, on_choice: Callable[[str], None] | None) -> str:
    chosen = choose_column(name, row.values, column, TEXT_COLUMNS, "--column")
    told = told_choice(name, row.values, chosen, "--column") if column is None else None
    if told is not None and on_choice is not None:
        on_choice(told)
    return chosen


def read_rows(
    source: str | Path | BinaryIO,
    *,
    name: str | None = None,
    format: Format | None = None,  # noqa: A002
    on_bad: OnBad | None = None,
    encoding: str = "utf-8",
) -> Iterator[Row]:
    """Yield the good rows of ``source`` whole; arguments and errors as in :func:`read_text_rows`.

    A row of a text file has the one column ``text``.
    """
    name, file_format = name or _name_of(source), format or _format_of(source)
    for row in _rows(source, name, file_format, encoding, None):
        if isinstance(row, Row):
            yield row
        else:
            reject(name, row, on_bad)


def _rows(
    source: str | Path | BinaryIO, name: str, file_format: Format, encoding: str, watcher: Watcher | None
) -> Iterator[Row | BadRow]:
    encoding, empty = checked_encoding(encoding), True
    with opened(source, name, watcher) as file:
        lines, encoding = in_lines_of_bytes(file, encoding, name)
        for row in rows_from_file(lines, name, file_format, encoding):
            empty = False
            yield row
    if empty:
        raise InputError(name, "is empty", "give at least one row")


def reject(name: str, bad: BadRow, on_bad: OnBad | None, unit: str = "line") -> None:
    """Hand ``bad`` to ``on_bad``; without one, raise an :class:`InputError` that names file and line."""
    if on_bad is None:
        raise InputError(f"{name} {unit} {bad.line}", bad.reason, f"{bad.mend}, or add --skip-bad")
    on_bad(bad)


def _name_of(source: str | Path | BinaryIO) -> str:
    return str(source) if isinstance(source, (str, Path)) else "stdin"


def _format_of(source: str | Path | BinaryIO) -> Format:
    if not isinstance(source, (str, Path)):
        return "text"
    if Path(source).suffix.lower() == ".parquet":
        raise InputError(source, "is a Parquet file, which has no lines", "convert it to .csv or .jsonl")
    return format_from_name(source)


class _BadRows:
    """Passes bad rows on, and keeps the first for the error that says that no row was good."""

    def __init__(self, name: str, on_bad: OnBad | None) -> None:
        self._name, self._on_bad = name, on_bad
        self._first: BadRow | None = None

    def __call__(self, bad: BadRow) -> None:
        self._first = self._first or bad
        reject(self._name, bad, self._on_bad)

    def nothing_left(self) -> InputError:
        if self._first is None:
            return InputError(self._name, "has no rows", "give at least one")
        reason = f"has no row that can be used; line {self._first.line} {self._first.reason}"
        return InputError(self._name, reason, self._first.mend)
