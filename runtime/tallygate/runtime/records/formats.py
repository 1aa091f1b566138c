"""Text, CSV and JSON lines, row by row, with line numbers; a row that cannot be read is a value too."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from tallygate.runtime.errors import InputError
from tallygate.runtime.records.rows import BadRow, Row

Format = Literal["text", "csv", "tsv", "jsonl"]

MAX_ROW_BYTES = 2**24
"""Longest line, and longest CSV field, of about three million words; it bounds the memory of a row, and what a quote
that is never closed can take."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def rows_from_file(file: BinaryIO, name: str, file_format: Format, encoding: str = "utf-8") -> Iterator[Row | BadRow]:
    """Read ``file`` row by row; ``name`` is what errors call it. Blank lines are rows of text files only.

    ``encoding`` must be one whose lines end in the one byte of a line feed.

    Raises :class:`InputError` when the file as a whole cannot be read: no header, or not JSON lines at all.
    """
    lines = _Lines(file, encoding)
    if file_format == "text":
        return _text_rows(lines)
    if file_format == "jsonl":
        return _json_rows(lines, name)
    return _csv_rows(lines, name, _DELIMITERS[file_format])


class _Lines(Iterator[str]):
    """Decoded lines with their ends. A fault does not stop them: it is kept until :meth:`take_fault`.

    Bytes that cannot be decoded are replaced, so the structure of the row survives them.
    """

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._encoding = file, encoding
        self._fault: BadRow | None = None
        self.number = 0

    def __next__(self) -> str:
        raw = self._file.readline(MAX_ROW_BYTES + 1)
        if self.number == 0:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) > MAX_ROW_BYTES:
            return self._skip_rest(raw)
        return self._decoded(raw)

    def take_fault(self) -> BadRow | None:
        """Return the first fault since the last call, and forget it."""
        fault, self._fault = self._fault, None
        return fault

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError:
            mend = "name the file's encoding with --encoding, or re-save it as UTF-8"
            bad = BadRow(self.number, f"is not valid {self._encoding.upper()}", mend)
            self._fault = self._fault or bad
            return raw.decode(self._encoding, "replace")

    def _skip_rest(self, raw: bytes) -> str:
        self._fault = self._fault or _too_long(self.number)
        while raw and not raw.endswith(b"\n"):
            raw = self._file.readline(MAX_ROW_BYTES + 1)
        return ""


def _too_long(line: int) -> BadRow:
    reason = f"is longer than {MAX_ROW_BYTES:,} bytes, or opens a quote that is never closed"
    return BadRow(line, reason, "split it")


def _text_rows(lines: _Lines) -> Iterator[Row | BadRow]:
    for line in lines:
        text = line[:-2] if line.endswith("\r\n") else line.removesuffix("\n")
        fault = lines.take_fault()
        yield replace(fault, columns=("text",)) if fault else Row(lines.number, {"text": text})


def _json_rows(lines: _Lines, name: str) -> Iterator[Row | BadRow]:
    started = False
    for line in lines:
        fault, text = lines.take_fault(), line.strip(" \t\r\n")
        if text.startswith("[") and not started:
            raise InputError(name, "is a JSON array, not JSON lines", "write one object per line")
        started = started or bool(text)
        if fault or text:
            yield fault or _row_from_json(text, lines.number)


def _row_from_json(text: str, line: int) -> Row | BadRow:
    try:
        value = json.loads(text)
    except RecursionError:
        return BadRow(line, "is nested too deeply")
    except ValueError as error:
        return BadRow(line, f"is not valid JSON ({error})")
    if not isinstance(value, dict):
        return BadRow(line, "is not a JSON object")
    return Row(line, value)


def _csv_rows(lines: _Lines, name: str, delimiter: str) -> Iterator[Row | BadRow]:
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))
    # Without `strict` a quote that is never closed swallows the rest of the file without a word.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while (fields := _next_record(reader, lines)) is not None:
        if header is None:
            header = _checked_header(fields, name, delimiter)
        elif isinstance(fields, BadRow):
            yield replace(fields, columns=tuple(header))
        elif len(fields.cells) != len(header):
            yield BadRow(fields.line, _other_count(len(fields.cells), header), columns=tuple(header))
        else:
            yield Row(fields.line, dict(zip(header, fields.cells, strict=True)))


def _other_count(count: int, header: list[str]) -> str:
    """One column is what a text without a comma looks like, where a file has no header."""
    if len(header) == 1:
        return f"has {count} fields where its first line, {shortened(header[0])}, was taken for a header of one column"
    return f"has {count} fields where the header has {len(header)}"


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]


def _next_record(reader: Iterator[list[str]], lines: _Lines) -> _Record | BadRow | None:
    """The next CSV record that is not a blank line; None at the end of the file."""
    while True:
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except csv.Error as error:
            fault = lines.take_fault()
            return replace(fault, row_line=start) if fault else _bad_csv(start, str(error))
        fault = lines.take_fault()
        if fault or cells:
            return replace(fault, row_line=start) if fault else _Record(start, cells)


def _bad_csv(line: int, error: str) -> BadRow:
    if "field limit" in error:
        return _too_long(line)
    plain = {
        "unexpected end of data": "opens a quote that is never closed",
        "new-line character seen in unquoted field": "holds a carriage return outside quotes",
    }
    for start, reason in plain.items():
        if error.startswith(start):
            return BadRow(line, reason)
    return BadRow(line, f"is not valid CSV ({error})", "double each quote inside a quoted field")


def shortened(column: str) -> str:
    """The quoted name of a column, cut at 40 characters, for a message."""
    return repr(column if len(column) <= 40 else f"{column[:39]}…")


def _checked_header(record: _Record | BadRow, name: str, delimiter: str) -> list[str]:
    if isinstance(record, BadRow):
        raise InputError(f"{name} line {record.line}", f"{record.reason}, and it is the header", record.mend)
    columns = record.cells
    twice = min((column for column, times in Counter(columns).items() if column and times > 1), default=None)
    if twice is not None:
        raise InputError(name, f"has more than one column {shortened(twice)}", "give each column a name of its own")
    if len(columns) == 1 and any(mark in columns[0] for mark in {",", ";", "\t"} - {delimiter}):
        reason = f"has one column, {shortened(columns[0])}, as if another separator than {delimiter!r} were meant"
        raise InputError(name, reason, "separate columns by commas in .csv, by tabs in .tsv")
    return columns
