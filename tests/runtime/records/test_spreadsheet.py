"""Which cells are guarded against being run, and that every other stays as it is."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.records import SheetWriter, spreadsheet_cell


@pytest.mark.parametrize(
    "cell", ["", "good", "a - b", "3 + 4 = 7", "a@b.org", "-5", "+1.5e3", "-0.25", ";-) fine", "so; so", "a\nb", "'=1"]
)
def test_what_is_no_formula_is_kept(cell: str) -> None:
    assert spreadsheet_cell(cell) == cell


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("hidden", ["", " ", "\u00a0", "\ufeff", "\u200b\x00 ", "\x0b", "\u202e"])
def test_a_formula_is_guarded_also_where_it_hides(sign: str, hidden: str) -> None:
    formula = f"{hidden}{sign}cmd|' /C calc'!A0"
    assert spreadsheet_cell(formula) == f"'{formula}"


@pytest.mark.parametrize("cell", ["\tx", "\rx", "\nx", "\t=1", "\r\n=1"])
def test_a_cell_that_begins_with_a_separator_is_guarded(cell: str) -> None:
    assert spreadsheet_cell(cell).startswith("'")


@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r\n"])
def test_a_formula_behind_another_separator_is_guarded(separator: str) -> None:
    assert spreadsheet_cell(f"good{separator} =1+1") == f"good{separator} '=1+1"


@given(st.text(st.sampled_from("ab1 ;\t\r\n=+-@'\",\u200b")))
def test_no_cell_of_any_separator_begins_with_a_formula(text: str) -> None:
    guarded = spreadsheet_cell(text)
    assert guarded.replace("'", "") == text.replace("'", "")
    for cell in guarded.replace("\r", ";").replace("\n", ";").replace("\t", ";").split(";"):
        begins = cell.lstrip(" \u200b")
        harmless = begins[1:2] == ")" or cell == text
        assert begins[:1] not in tuple("=+-@") or harmless


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2), min_size=1))
def test_raw_rows_come_back_as_they_were(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    writer = SheetWriter(out, raw=True)
    for row in rows:
        writer.row(row)
    assert list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True)) == rows


def test_texts_are_guarded_and_numbers_are_not() -> None:
    out = io.StringIO()
    SheetWriter(out).row(["=1+1", -2.5, None, "a\rb"])
    assert out.getvalue() == '\'=1+1,-2.5,,"a\rb"\n'
