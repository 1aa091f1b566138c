"""What the page's JavaScript reads and writes too, under the same test names (``web/tests/shared_sheets.test.js``)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tallygate.runtime.records.formats import BadRow, Format, rows_from_file
from tallygate.runtime.records.spreadsheet import spreadsheet_cell

SHARED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "shared" / "sheets.json").read_text("utf-8"))


def rows_of(text: str, file_format: Format) -> list[list[object]]:
    """[line, cells] of good rows, [line, null] of bad ones: how a fault is worded is each language's own."""
    rows = rows_from_file(io.BytesIO(text.encode("utf-8")), "file", file_format)
    return [
        [row.row_line or row.line, None] if isinstance(row, BadRow) else [row.line, list(row.values.values())]
        for row in rows
    ]


@pytest.mark.parametrize(("cell", "guarded"), SHARED["cells"])
def test_cells_are_guarded(cell: str, guarded: str) -> None:
    assert spreadsheet_cell(cell) == guarded


@pytest.mark.parametrize("name", SHARED["csv"])
def test_rows_of_csv_are_equal(name: str) -> None:
    assert rows_of(SHARED["csv"][name]["file"], "csv") == SHARED["csv"][name]["rows"]


@pytest.mark.parametrize("name", SHARED["text"])
def test_lines_of_text_are_equal(name: str) -> None:
    assert rows_of(SHARED["text"][name]["file"], "text") == SHARED["text"][name]["rows"]
