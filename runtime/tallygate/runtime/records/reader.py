"""Rows of text, CSV, TSV and JSON-lines files of any size, for prediction and for training.

This is the one place where rows are read by line. A file is never held whole: memory is bounded by its
longest row. A row that cannot be used raises, or goes to ``on_bad`` and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tallygate.runtime.errors import InputError, InputNotFoundError, TallygateError, UsageError
from tallygate.runtime.records.columns import TEXT_COLUMNS, choose_column, guess_column, text_in, without_column
from tallygate.runtime.records.formats import BadRow, Format, Row, rows_from_file

__all__ = [
    "FORMATS", "BadRow", "Format", "Row", "choose_column", "format_from_name",
    "guess_column", "opened", "read_rows", "read_texts", "reject", "text_in", "without_column",
]  # fmt: skip

FORMATS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip
"""Suffix -> format; a file with any other suffix is text."""

OnBad = Callable[[BadRow], None]


def format_from_name(name: str | Path) -> Format:
    """The format that a file's suffix names, in any case of letters; ``text`` when it names none."""
    return FORMATS.get(Path(name).suffix.lower(), "text")


def read_texts(
    source: str | Path | BinaryIO,
    *,
    name: str | None = None,
    format: Format | None = None,  # noqa: A002 - the command line's own word for it
    column: str | None = None,
    on_bad: OnBad | None = None,
) -> Iterator[str]:
    """Yield the texts of ``source``, a path or an open binary file such as ``sys.stdin.buffer``.

    A text file holds one text per line, and an empty line is an empty text. CSV and TSV begin with a header.
    In those and in JSON lines the texts stand in ``column``; without it a single column is taken, else
    ``text``, ``review`` or ``sentence``. ``name`` is what errors call it. All errors come while iterating:

    :class:`InputNotFoundError` when there is no such file or it may not be read, :class:`UsageError` when
    ``column`` is given for a text file, :class:`InputError` when the file is empty, has no such column or no
    good row, and, when ``on_bad`` is None, at the first bad row.
    """
    name, file_format = name or _name_of(source), format or _format_of(source)
    if file_format == "text" and column is not None:
        raise UsageError(f"--column {column}", f"{name} is read as plain text", "give CSV, TSV or JSON lines")
    bad_rows = _BadRows(name, on_bad)
    # Objects of JSON lines need not have the same keys, so there a missing column is a fault of its row.
    chosen, good = column if file_format == "jsonl" else None, 0
    for row in read_rows(source, name=name, format=file_format, on_bad=bad_rows):
        chosen = chosen or choose_column(name, row.values, column, TEXT_COLUMNS, "--column")
        text = text_in(row, chosen)
        if isinstance(text, BadRow):
            bad_rows(text)
        else:
            good += 1
            yield text
    if not good:
        raise bad_rows.nothing_left()


def read_rows(
    source: str | Path | BinaryIO,
    *,
    name: str | None = None,
    format: Format | None = None,  # noqa: A002
    on_bad: OnBad | None = None,
) -> Iterator[Row]:
    """Yield the rows of ``source`` whole; arguments and errors as in :func:`read_texts`.

    A row of a text file has the one column ``text``.
    """
    name, file_format, empty = name or _name_of(source), format or _format_of(source), True
    with opened(source, name) as file:
        for row in rows_from_file(file, name, file_format):
            empty = False
            if isinstance(row, Row):
                yield row
            else:
                reject(name, row, on_bad)
    if empty:
        raise InputError(name, "is empty", "give at least one row")


def reject(name: str, bad: BadRow, on_bad: OnBad | None, unit: str = "line") -> None:
    """Hand ``bad`` to ``on_bad``; without one, raise an :class:`InputError` that names file and line."""
    if on_bad is None:
        raise InputError(f"{name} {unit} {bad.line}", bad.reason, f"{bad.mend}, or add --skip-bad")
    on_bad(bad)


@contextmanager
def opened(source: str | Path | BinaryIO, name: str) -> Iterator[BinaryIO]:
    """Open a path for binary reading, or pass an open file through, which stays open.

    Raises :class:`InputNotFoundError` when it is not there or may not be read, :class:`InputError` when it is
    a folder or reading fails.
    """
    try:
        if isinstance(source, (str, Path)):
            with Path(source).open("rb") as file:
                yield file
        else:
            yield source
    except TallygateError:
        raise
    except FileNotFoundError as error:
        raise InputNotFoundError(name, "does not exist", "check the path") from error
    except PermissionError as error:
        raise InputNotFoundError(name, "may not be read", "check its permissions") from error
    except IsADirectoryError as error:
        raise InputError(name, "is a folder", "name a file") from error
    except OSError as error:
        raise InputError(name, f"cannot be read ({error.strerror or error})", "check the path") from error


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
