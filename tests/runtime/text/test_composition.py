"""Normalisation form C in linear time: the same string as the standard library's, for every string."""

from __future__ import annotations

from itertools import product
from unicodedata import combining, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.text import composition
from tallygate.runtime.text.composition import nfc

STARTERS = "ao\u1100\u1161\u11a8\u212b\uac00\u1e9b"
TRICKY = STARTERS + "\u0300\u0301\u0308\u0315\u0327\u0334\u0344\u0345\u0f71\u0f72\u0f73\u0f81\u05b0\u3099"
MARKS = [c for c in map(chr, range(0x300, 0x20000)) if combining(c)]
TEXTS = st.text(st.sampled_from(TRICKY) | st.sampled_from(MARKS) | st.characters(), max_size=200)


@given(TEXTS)
def test_equals_the_standard_library(text: str) -> None:
    assert nfc(text) == normalize("NFC", text)


@given(st.text(st.sampled_from(TRICKY), min_size=1, max_size=6), st.text(st.sampled_from(MARKS), min_size=70), TEXTS)
def test_equals_the_standard_library_on_long_runs(before: str, run: str, after: str) -> None:
    text = before + run + after
    assert nfc(text) == normalize("NFC", text)


def test_equals_the_standard_library_on_all_short_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_LONG", 2)
    composition._long_runs.cache_clear()
    try:
        for length in range(2, 4):
            for characters in product(TRICKY, repeat=length):
                text = "".join(characters)
                assert nfc(text) == normalize("NFC", text), ascii(text)
    finally:
        composition._long_runs.cache_clear()


def test_every_character_that_a_run_can_hold_is_known_as_a_mark() -> None:
    """A decomposition that begins with a mark joins the run before it, whatever its own class is."""
    marks = [c for c in map(chr, range(0x110000)) if combining(normalize("NFD", c)[0])]
    assert [c for c in marks if not composition._is_mark(c)] == []
    assert [c for c in marks if not composition._perhaps_a_mark().match(c)] == []
    runs = composition._long_runs()
    assert [c for c in marks if not runs.fullmatch(c * composition._LONG)] == []
