"""Labelled texts of one CSV, TSV, JSON-lines or Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import FORMATS, BadRow, Row, format_from_name, read_rows, text_in
from tallygate.train.corpora.bad_rows import BadRows
from tallygate.train.corpora.corpus import Split
from tallygate.train.corpora.parquet import parquet_columns, parquet_rows
from tallygate.train.corpora.table_columns import choose_columns, choose_text_column, example_in

PARQUET = ".parquet"
SUFFIXES = (*FORMATS, PARQUET)
"""Files that hold a table."""


@dataclass(frozen=True)
class TableReader:
    """Reads tables by the columns that the user named, or guesses them.

    Its methods raise :class:`InputNotFoundError` or :class:`InputError` when the file or a column is not there, no row
    is good, or one is bad and bad rows are not skipped.
    """

    text_column: str | None
    label_column: str | None
    bad: BadRows
    encoding: str = "utf-8"
    """Of text files."""

    def labelled(self, path: Path) -> Split:
        """All good rows; an id is the file's name and the line, or for Parquet the row."""
        columns = choose_columns(str(path), self._columns(path), self.text_column, self.label_column)
        split = Split()
        for row in self._rows(path, [columns.text, columns.label]):
            example = example_in(row, columns)
            if isinstance(example, BadRow):
                self._reject(path, example)
            else:
                split.add(*example, f"{path.name}:{row.line}")
        if not split.texts:
            raise InputError(path, "has no row that can be used", "mend its rows")
        return split

    def texts(self, path: Path) -> list[str]:
        """The texts alone."""
        column = choose_text_column(str(path), self._columns(path), self.text_column)
        texts = []
        for row in self._rows(path, [column]):
            text = text_in(row, column)
            if isinstance(text, BadRow):
                self._reject(path, text)
            else:
                texts.append(text)
        return texts

    def _columns(self, path: Path) -> list[str]:
        if path.suffix.lower() == PARQUET:
            return parquet_columns(path)
        first = next(read_rows(path, on_bad=partial(self._reject, path), encoding=self.encoding), None)
        # Objects of JSON lines need not have the same keys: a column that was named need not be in the first.
        named = (self.text_column, self.label_column) if format_from_name(path) == "jsonl" else ()
        return list(dict.fromkeys([*(first.values if first else ()), *filter(None, named)]))

    def _rows(self, path: Path, columns: Sequence[str]) -> Iterator[Row]:
        if path.suffix.lower() != PARQUET:
            yield from read_rows(path, on_bad=partial(self._reject, path), encoding=self.encoding)
            return
        for row in parquet_rows(path, columns):
            if isinstance(row, BadRow):
                self._reject(path, row)
            else:
                yield row

    def _reject(self, path: Path, bad: BadRow) -> None:
        self.bad.add(path, bad, "row" if path.suffix.lower() == PARQUET else "line")
