"""The C tokenizer gives Python's ids for all of Unicode, and Python's are the standard's."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.integer.image import read_image
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.text import Splitter, TextContract, Tokenizer
from tallygate.runtime.unicode.composition import compose
from tallygate.runtime.unicode.tables import DECOMPOSES, FOLDS, JOINS, unicode_tables
from tests.native.conftest import MAX_LENGTH, PUNCTUATION, make_image, vocabulary

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

SPECIAL = [
    chr(c)
    for c in range(sys.maxunicode + 1)
    if unicode_tables().classes[c] & (FOLDS | JOINS | DECOMPOSES) and not 0xD800 <= c < 0xE000
]
PIECES = [
    "'", "\u2019", "<br />", "<BR/>", "<br>", "<b", "<br ", "/>", "<", "=", ">", " ", "\n", "a", "B", "don't", "x''y",
    "\u0338", "\u0307", "\u0301", "\u0130", "K", "\u212a", "!", ";", "\u037e", "\u2026", "*", "cafe\u0301",
    "S\u0323\u0307", "\u0915\u093c", "\u1100\u1161\u11a8", "\U0001d15e", "x" * 41, "\ud800",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(SPECIAL) | st.characters(), max_size=40).map("".join)


def tokenizer(keep: str = "last") -> Tokenizer:
    contract = TextContract(max_length=MAX_LENGTH, keep=keep, punctuation=PUNCTUATION, version=2)  # type: ignore[arg-type]
    return Tokenizer(vocabulary(), contract)


@pytest.mark.parametrize("keep", ["first", "last"])
@settings(max_examples=500, deadline=None)
@given(text=TEXTS)
def test_c_and_python_agree(keep: str, text: str) -> None:
    assert NativeEngine(make_image(keep=keep), "scalar").encode(text) == tokenizer(keep).encode(text)


@pytest.mark.parametrize("mark", PIECES)
def test_c_and_python_agree_on_very_long_texts(mark: str) -> None:
    engine, python = NativeEngine(make_image(), "scalar"), tokenizer()
    for text in (mark * 3000, f"good {mark * 3000} bad", f"={mark * 3000}\u0338 bad", f"a{mark * 3000} good"):
        assert engine.encode(text) == python.encode(text)


def test_words_that_must_be_composed_are_found() -> None:
    """Equal ids say little where all are unknown: these are known."""
    python = tokenizer()
    for text in (
        "cafe\u0301",
        "CAF\u00c9",
        "S\u0323\u0307",
        "s\u0307\u0323",
        "\u1100\u1161\u11a8",
        "\u0130",
        "\u03a3",
        "DON\u2019T",
    ):
        ids = NativeEngine(make_image(), "scalar").encode(text)
        assert ids == python.encode(text)
        assert ids[0] > 1, text


def test_every_code_point_as_the_interpreter_has_it_where_it_knows_it() -> None:
    """What is assigned never changes: versions 1 and 2 part on what the interpreter does not know yet alone."""
    old, new = Splitter(PUNCTUATION), Splitter(PUNCTUATION, 2)
    for codepoint in range(sys.maxunicode + 1):
        character = chr(codepoint)
        if unicodedata.category(character) not in ("Cn", "Cs"):
            text = f"x{character}y e{character}\u0323\u0301"
            assert old.split(text) == new.split(text), hex(codepoint)


@settings(max_examples=500)
@given(text=st.text(st.sampled_from(SPECIAL) | st.characters(exclude_categories=["Cs", "Cn"]), max_size=12))
def test_composition_is_that_of_the_standard(text: str) -> None:
    known = "".join(character for character in text if unicodedata.category(character) != "Cn")
    folded = "".join(unicode_tables().translation.get(ord(character), character) for character in known)
    assert compose(folded) == unicodedata.normalize("NFC", folded).replace("\u2019", "'")


def test_a_run_of_marks_costs_its_length() -> None:
    text = "a" + "\u0301\u0316" * 100_000
    assert len(compose(text)) == len(text) - 1
    assert NativeEngine(make_image(), "scalar").encode(text) == [1]


def test_the_image_names_its_marks() -> None:
    assert set(read_image(make_image(), "an image").punctuation) == set(PUNCTUATION)
