"""Rows of Parquet files, in batches, so that no column is held twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import BadRow, Row, opened

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_BATCH_ROWS = 1000


def parquet_columns(path: Path) -> list[str]:
    """Names of the columns. Raises :class:`InputError` when ``path`` is not a Parquet file that can be read."""
    with _parquet_file(path) as file:
        return list(file.schema_arrow.names)


def parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[Row | BadRow]:
    """Yield the rows with these columns as Python values; ``line`` is the number of the row, from 1."""
    number = 0
    with _parquet_file(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(columns)):
            arrays = [batch.column(name) for name in columns]
            for place in range(batch.num_rows):
                number += 1
                yield _row(number, columns, [array[place] for array in arrays])


def _row(number: int, columns: Sequence[str], cells: Sequence[object]) -> Row | BadRow:
    try:
        return Row(number, {name: cell.as_py() for name, cell in zip(columns, cells, strict=True)})  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        return BadRow(number, "is not valid UTF-8", "write the file again from UTF-8")


@contextmanager
def _parquet_file(path: Path) -> Iterator[ParquetFile]:
    import pyarrow
    from pyarrow import parquet

    with opened(path, str(path)) as stream:
        try:
            with parquet.ParquetFile(stream) as file:
                yield file
        except (pyarrow.ArrowException, EOFError) as error:
            raise InputError(path, f"is not a Parquet file that can be read ({error})", "write it again") from error
