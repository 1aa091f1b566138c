"""The text contract."""

from __future__ import annotations

import re
from unicodedata import category, normalize

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tallygate.runtime.text.tokenizer import Splitter, TextContract, Tokenizer, split_words
from tallygate.runtime.text.vocabulary import UNKNOWN, Vocabulary

MARKS = "!?.,"
FRAGMENTS = st.sampled_from(
    [
        "<br />",
        "<BR/>",
        "<br>",
        "<br",
        "/>",
        "'",
        "’",
        " ",
        "\n",
        "Σ",
        "İ",
        "e\u0301",
        "\u0301",
        "don't",
        "A",
        "é",
        "9",
        "!",
        "…",
    ]
)
TEXTS = st.text() | st.lists(FRAGMENTS | st.text(max_size=3)).map("".join)


def words_by_the_rules(text: str, punctuation: str) -> list[str]:
    """The contract read aloud, one character at a time."""
    if text.isascii():  # one pass: what a replaced line break leaves is read no second time
        text = re.sub("<br(?:>|/>| />)", " ", text, flags=re.IGNORECASE)
    text = normalize("NFC", "".join(character.lower() for character in text)).replace("’", "'")
    words, word = [], ""
    for index, character in enumerate(text + " "):
        inside = character == "'" and word and is_word(text[index + 1 : index + 2])
        if is_word(character) or inside:
            word += character
            continue
        words += [word] if word else []
        word = ""
        words += [character] if character in punctuation else []
    return words


def is_word(character: str) -> bool:
    return bool(character) and category(character)[0] in "LMN"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A wonderful film!", ["a", "wonderful", "film"]),
        ("good<br /><br />bad<BR>ugly<br/>x", ["good", "bad", "ugly", "x"]),
        ("don't 'quote' rock'n'roll a''b '", ["don't", "quote", "rock'n'roll", "a", "b"]),
        ("it’s ’tis", ["it's", "tis"]),
        ("ΟΔΟΣ ΟΔΟΣ!", ["οδοσ", "οδοσ"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("İstanbul", ["i̇stanbul"]),
        ("10/10 3½ ①", ["10", "10", "3½", "①"]),
        ("snake_case e-mail", ["snake", "case", "e", "mail"]),
        ("नमस्ते 你好 привет", ["नमस्ते", "你好", "привет"]),
        ("a\x00b\u200bc\u00a0d\ud800e", ["a", "b", "c", "d", "e"]),
        ("😀 :-)", []),
        ("", []),
    ],
)
def test_splits_by_the_contract(text: str, tokens: list[str]) -> None:
    assert split_words(text) == tokens


def test_kept_punctuation_is_a_token_of_its_own() -> None:
    assert split_words("Good?! No... 'yes'.", "!?.") == ["good", "?", "!", "no", ".", ".", ".", "yes", "."]


@given(
    st.text("ab'!. <br/>")
    | st.text(alphabet=st.characters(codec="ascii"))
    | TEXTS.filter(lambda text: "<" not in text or text.isascii())
)
@example("<br<br>/>")
@example("<br<br />/>")
@example("<br<br/>/>")
def test_equals_the_rules_read_aloud(text: str) -> None:
    assert Splitter(MARKS).split(text) == words_by_the_rules(text, MARKS)


@given(TEXTS)
def test_a_line_break_separates_like_a_space(text: str) -> None:
    assume(not (text.lower().endswith("<br") and text.startswith("/>")))  # with a space between: a line break itself
    assert split_words(f"{text}<br />{text}") == split_words(f"{text} {text}")


def tokenizer(max_length: int, keep: str = "last", punctuation: str = "") -> Tokenizer:
    vocabulary = Vocabulary({"good": 2, "bad": 3, "film": 4, "movie": 4}, 5)
    return Tokenizer(vocabulary, TextContract(max_length=max_length, keep=keep, punctuation=punctuation))  # type: ignore[arg-type]


@pytest.mark.parametrize(("keep", "ids"), [("first", [2, 4]), ("last", [4, 3])])
def test_keeps_one_end(keep: str, ids: list[int]) -> None:
    assert tokenizer(2, keep).encode("good film. A movie, bad") == ids


@given(TEXTS)
def test_ids_are_never_empty_never_padding_and_never_too_many(text: str) -> None:
    ids = tokenizer(4).encode(text)
    assert 1 <= len(ids) <= 4
    assert all(1 <= row < 5 for row in ids)


def test_a_text_without_a_token_is_one_unknown_token() -> None:
    assert tokenizer(4).encode(" ... ") == [UNKNOWN]


@given(
    st.lists(FRAGMENTS | st.text(max_size=4), min_size=1, max_size=40),
    st.sampled_from(["first", "last"]),
    st.booleans(),
)
def test_reading_only_one_end_of_a_long_text_changes_nothing(parts: list[str], keep: str, spaced: bool) -> None:
    text = ((" " if spaced else "").join(parts) + "'") * 200
    short = tokenizer(3, keep, MARKS)
    everything = Splitter(MARKS).split(text)
    assert short.tokens(text) == (everything[:3] if keep == "first" else everything[-3:])


@pytest.mark.parametrize("keep", ["first", "last"])
def test_a_line_break_on_the_cut_of_a_long_text_is_not_torn(keep: str) -> None:
    text = "a<br />" * 2000
    assert tokenizer(900, keep).tokens(text) == ["a"] * 900


@pytest.mark.parametrize(
    ("field", "value"), [("max_length", 0), ("punctuation", "a"), ("punctuation", "'"), ("punctuation", " ")]
)
def test_refuses_an_impossible_contract(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        TextContract(**{"max_length": 5, field: value})  # type: ignore[arg-type]
