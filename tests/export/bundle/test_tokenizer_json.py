"""``tokenizer.json`` under the Hugging Face ``tokenizers`` library gives the ids of our own tokenizer."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as LibraryTokenizer

from tallygate.export.bundle.tokenizer_json import tokenizer_json
from tallygate.export.bundle.unicode_disagreements import disagreements, find, library_words
from tallygate.export.references.texts import hard_texts
from tallygate.runtime.text.tokenizer import Splitter, TextContract, Tokenizer, split_words
from tallygate.runtime.text.vocabulary import UNKNOWN, Vocabulary

MARKS = '!?.,;:()"*/-[]\\^$+|{}<>`'
EXCLUDED = (
    [span for span in disagreements() if span.start < 0x10000],
    [span for span in disagreements() if span.start >= 0x10000],
)


def _characters(first: int, last: int, spans: list[range]) -> st.SearchStrategy[str]:
    listed = "".join(map(chr, (codepoint for span in spans for codepoint in span)))
    return st.characters(min_codepoint=first, max_codepoint=last, exclude_categories=["Cs"], exclude_characters=listed)


PIECES = st.one_of(
    st.text(_characters(0, 0xFFFF, EXCLUDED[0]), max_size=8),
    st.text(_characters(0x10000, sys.maxunicode, EXCLUDED[1]), max_size=4),
    st.text("aeEiIoOnNsSΣσςΑİıßǅ'\u2019 .!-\u0301\u0323\u0307\u030a\u1100\u1161\u11a8\u0130\u200d", max_size=8),
    st.sampled_from(["<br>", "<BR/>", "<bR />", "<br >", "<br", "[UNK]", "[PAD]", "don't", "good film", "\u2019", " "]),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
KEEPS = st.sampled_from(["first", "last"])


def tokenizers_of(tokenizer: Tokenizer) -> LibraryTokenizer:
    library = LibraryTokenizer.from_str(tokenizer_json(tokenizer).decode("utf-8"))
    library.no_padding()
    return library


@settings(max_examples=400, deadline=None)
@given(
    text=TEXTS,
    keep=st.sampled_from(["first", "last"]),
    max_length=st.integers(1, 12),
    marks=st.sampled_from(["", MARKS]),
)
@example(text="don'!t [UNK] [PAD]", keep="last", max_length=12, marks=MARKS)
def test_the_library_gives_the_same_ids(text: str, keep: str, max_length: int, marks: str) -> None:
    words = split_words(text, marks)
    rows = {word: 2 + number % 5 for number, word in enumerate(sorted(set(words))[::2])}
    contract = TextContract(max_length=max_length, keep=keep, punctuation=marks)  # type: ignore[arg-type]
    tokenizer = Tokenizer(Vocabulary(rows, 7), contract)
    assert tokenizers_of(tokenizer).encode(text).ids == (tokenizer.encode(text) if words else [])
    assert library_words(tokenizer_json(tokenizer))(text) == words


@pytest.mark.parametrize("text", hard_texts())
def test_the_library_reads_the_hard_cases_alike(text: str) -> None:
    assert library_words(tokenizer_json(Tokenizer(Vocabulary({}, 2), TextContract(max_length=9))))(text) == split_words(
        text
    )


def test_typed_special_tokens_are_ordinary_text() -> None:
    tokenizer = Tokenizer(Vocabulary({"good": 2, "unk": 3, "pad": 4}, 5), TextContract(max_length=9))
    library = tokenizers_of(tokenizer)
    assert library.encode("[UNK] [PAD] good").ids == [3, 4, 2]
    assert library.get_vocab_size() == 5
    assert library.token_to_id("[PAD]") == 0
    assert library.token_to_id("[UNK]") == UNKNOWN


def test_words_may_share_a_row() -> None:
    tokenizer = Tokenizer(Vocabulary({"good": 2, "great": 2}, 3), TextContract(max_length=9))
    assert tokenizers_of(tokenizer).encode("great good dull").ids == [2, 2, UNKNOWN]


def test_a_batch_is_padded_with_row_0() -> None:
    tokenizer = Tokenizer(Vocabulary({"good": 2}, 3), TextContract(max_length=9))
    library = LibraryTokenizer.from_str(tokenizer_json(tokenizer).decode("utf-8"))
    assert [encoding.ids for encoding in library.encode_batch(["good good", "good"])] == [[2, 2], [2, 0]]


def test_the_hard_cases_hold_no_listed_character() -> None:
    listed = {chr(codepoint) for span in disagreements() for codepoint in span}
    assert not listed & set("".join(hard_texts()))


def test_the_list_is_short_and_in_order() -> None:
    spans = disagreements()
    assert all(span.stop < after.start for span, after in pairwise(spans))
    assert sum(map(len, spans)) < 12_000
    letters = "".join(map(chr, range(0x250)))
    assert not any(ord(letter) in span for letter in letters for span in spans)


@pytest.mark.slow
def test_the_list_holds_every_disagreement() -> None:
    document = tokenizer_json(Tokenizer(Vocabulary({}, 2), TextContract(max_length=16)))
    listed = {codepoint for span in disagreements() for codepoint in span}
    assert find(Splitter().split, library_words(document)) <= listed


@pytest.mark.imdb
@pytest.mark.parametrize(
    ("marks", "step"), [("", 20), (MARKS, 20), pytest.param("", 1, marks=pytest.mark.slow, id="all")]
)
def test_the_library_reads_all_reviews_alike(imdb_dir: Path, marks: str, step: int) -> None:
    splitter, listed, seen = Splitter(marks), {chr(c) for span in disagreements() for c in span}, 0
    contract = TextContract(max_length=400, keep="last", punctuation=marks)
    for name in ("train", "test", "unsup"):
        table = parquet.read_table(imdb_dir / f"{name}.parquet", columns=["text"])
        texts = table.column("text").to_pylist()[::step]
        assert not listed & set().union(*map(set, texts))
        words = {word: None for text in texts for word in splitter.split(text)}
        rows = {word: 2 + number % 4999 for number, word in enumerate(list(words)[::2])}
        tokenizer = Tokenizer(Vocabulary(rows, 5001), contract)
        found = tokenizers_of(tokenizer).encode_batch(texts)
        assert [encoding.ids or [UNKNOWN] for encoding in found] == [tokenizer.encode(text) for text in texts]
        seen += len(texts)
    assert seen == 100_000 // step
