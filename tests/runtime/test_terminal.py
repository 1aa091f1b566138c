"""What is shown on a terminal, and that the JSON which goes there keeps its value."""

from __future__ import annotations

import json
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.errors import InputError
from tallygate.runtime.terminal import printable, printable_json, table

ANY = st.text(st.characters())
"""Lone surrogates included."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é 日本 नमस्ते \U0001f600", "é 日本 नमस्ते \U0001f600"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("\x9b31m\x7f\x00", "\\u009b31m\\u007f\\u0000"),
        ("a\tb\r\nc\x85d\u2028e\u00a0f", "a b  c d e f"),
        ("\u202egpj.exe\u2066", "\\u202egpj.exe\\u2066"),
        ("name\udcff", "name\\udcff"),
        ("tag\U000e0041", "tag\\udb40\\udc41"),
        ("می\u200cخواهم \U0001f468\u200d\U0001f469", "می\u200cخواهم \U0001f468\u200d\U0001f469"),
    ],
)
def test_what_a_terminal_acts_on_is_shown_and_the_rest_is_kept(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_no_control_format_separator_or_surrogate_of_all_of_unicode_is_left() -> None:
    joiners = {"\u200c", "\u200d"}
    acted_on = [c for c in map(chr, range(0x110000)) if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    left = {c for c in acted_on if c in printable(f"a{c}b")}
    assert left == joiners
    assert {c for c in acted_on if c in printable_json(f'"{c}"')} == joiners | {"\n"}


@given(ANY)
def test_a_line_is_one_line_and_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
    assert printable(shown) == shown


@given(st.dictionaries(ANY, ANY))
def test_json_keeps_its_value(value: dict[str, str]) -> None:
    for indent in (None, 2):
        text = json.dumps(value, ensure_ascii=False, indent=indent)
        assert json.loads(printable_json(text)) == value


def test_a_cell_cannot_make_a_row_of_its_own() -> None:
    forged = table([("good\nbad   100%", "1")], ["label\x1b[2J", "score"])
    assert len(forged.splitlines()) == 3
    assert "good bad   100%" in forged
    assert "\x1b" not in forged


def test_errors_are_printable_and_keep_what_they_name() -> None:
    error = InputError("a\x1b]0;owned\x07.csv", "has no\ncolumn", "check it")
    assert str(error) == "a\\u001b]0;owned\\u0007.csv: has no column; check it"
    assert error.thing == "a\x1b]0;owned\x07.csv"
