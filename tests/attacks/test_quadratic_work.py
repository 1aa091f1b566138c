"""Texts and files made so that naive work grows with the square of their size: it grows with the size.

Growth is asserted, of processor time, and no number of seconds.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import read_rows, spreadsheet_cell
from tallygate.runtime.terminal import printable, printable_json
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary
from tests.growth import LINEAR, growth

KILO = 1000
TEXTS: dict[str, Callable[[int], str]] = {
    "marks of two classes in turn": lambda n: "\u0315\u0300" * n,
    "marks that are made of two": lambda n: "\u0f73" * n,
    "marks behind a letter, again and again": lambda n: ("a" + "\u0315\u0300" * 500) * (n // 500),
    "marks in runs that are just not long": lambda n: ("a" + "\u0315\u0300" * 31) * (n // 31),
    "line breaks that are none": lambda n: "<br " * n,
    "line breaks that are none, and none that is one": lambda n: "<br <br\n" * n,
    "apostrophes": lambda n: "'" * n,
    "apostrophes between letters": lambda n: "a'" * n,
    "kept marks": lambda n: "!?" * n,
}


@pytest.mark.parametrize("keep", ["first", "last"])
@pytest.mark.parametrize("name", TEXTS)
def test_tokens_of_a_text(name: str, keep: str) -> None:
    contract = TextContract(max_length=400, keep=keep, punctuation="!?")  # type: ignore[arg-type]
    tokenizer = Tokenizer(Vocabulary({"good": 2}, 3), contract)
    assert growth(tokenizer.encode, TEXTS[name], 100 * KILO) <= LINEAR


def read_csv(data: str) -> None:
    try:
        for _ in read_rows(io.BytesIO(data.encode()), name="data", format="csv", on_bad=lambda bad: None):
            pass
    except InputError:
        pass


FILES: dict[str, Callable[[int], str]] = {
    "columns of a header": lambda n: ",".join(f"c{number}" for number in range(n)),
    "columns of a header, all of one name": lambda n: "c," * n,
    "quotes": lambda n: 'text\n"' + '""' * n,
    "a quote over many lines": lambda n: 'text\n"' + "a\n" * n,
    "rows that are too short": lambda n: "a,b\n" + "1\n" * n,
}


@pytest.mark.parametrize("name", FILES)
def test_rows_of_a_csv_file(name: str) -> None:
    assert growth(read_csv, FILES[name], 50 * KILO) <= LINEAR


CELLS: dict[str, Callable[[int], str]] = {
    "spaces": lambda n: " " * n + "x=",
    "tabs": lambda n: "\t" * n + "x=",
    "separators and spaces": lambda n: "; " * n + "x=",
    "signs": lambda n: "=+" * n,
    "separators and signs": lambda n: ";=" * n,
    "digits": lambda n: "1" * n + "=",
    "escapes": lambda n: "\x1b[" * n,
}


@pytest.mark.parametrize("work", [spreadsheet_cell, printable, printable_json])
@pytest.mark.parametrize("name", CELLS)
def test_a_cell(name: str, work: Callable[[str], str]) -> None:
    assert growth(work, CELLS[name], 40 * KILO) <= LINEAR
