"""Small tables in every format that a corpus is read from, for the tests of this folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tallygate.train.corpora import Corpus, Split

Rows = dict[str, list[object]]
Writer = Callable[[Path, Rows], Path]


def write_separated(path: Path, columns: Rows, delimiter: str) -> Path:
    buffer = io.StringIO(newline="")
    cells = [["" if cell is None else str(cell) for cell in row] for row in zip(*columns.values(), strict=True)]
    csv.writer(buffer, delimiter=delimiter).writerows([list(columns), *cells])
    path.write_bytes(buffer.getvalue().encode("utf-8"))
    return path


def write_csv(folder: Path, columns: Rows, name: str = "data") -> Path:
    return write_separated(folder / f"{name}.csv", columns, ",")


def write_tsv(folder: Path, columns: Rows, name: str = "data") -> Path:
    return write_separated(folder / f"{name}.tsv", columns, "\t")


def write_jsonl(folder: Path, columns: Rows, name: str = "data") -> Path:
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(folder: Path, columns: Rows, name: str = "data") -> Path:
    path = folder / f"{name}.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


WRITERS = [write_csv, write_tsv, write_jsonl, write_parquet]
every_format = pytest.mark.parametrize("write", WRITERS)


def reviews(count: int = 60) -> Rows:
    return {
        "id": list(range(count)),
        "text": [f"text {i}, ä\n" for i in range(count)],
        "label": [i % 3 for i in range(count)],
    }


def splits_of(corpus: Corpus) -> list[Split]:
    assert corpus.test is not None
    return [corpus.train, corpus.validation, corpus.test]


def rows_of(corpus: Corpus) -> list[list[tuple[str, str]]]:
    return [list(zip(split.texts, split.labels, strict=True)) for split in splits_of(corpus)]
