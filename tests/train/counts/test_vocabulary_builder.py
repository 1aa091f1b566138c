"""The vocabulary: the most frequent words first."""

from __future__ import annotations

import pytest

from tallygate.runtime.errors import InputError
from tallygate.train.counts.vocabulary_builder import vocabulary_from_texts

TEXTS = ["The film, the FILM!", "a good film", "a bad one"]


def test_words_come_by_frequency_then_by_the_word() -> None:
    vocabulary = vocabulary_from_texts(TEXTS, 100)
    assert list(vocabulary.rows.items()) == [
        ("film", 2),
        ("a", 3),
        ("the", 4),
        ("bad", 5),
        ("good", 6),
        ("one", 7),
    ]


def test_size_counts_padding_and_unknown() -> None:
    vocabulary = vocabulary_from_texts(TEXTS, 5)
    assert vocabulary.size == 5
    assert list(vocabulary.rows) == ["film", "a", "the"]


def test_fewer_words_than_rows_leave_no_empty_row() -> None:
    assert vocabulary_from_texts(TEXTS, 100).size == 8


def test_order_of_the_texts_does_not_matter() -> None:
    assert vocabulary_from_texts(TEXTS, 6).to_bytes() == vocabulary_from_texts(TEXTS[::-1], 6).to_bytes()


def test_kept_punctuation_is_counted() -> None:
    assert "!" in vocabulary_from_texts(TEXTS, 100, "!").rows
    assert "!" not in vocabulary_from_texts(TEXTS, 100).rows


def test_texts_without_a_word_are_refused() -> None:
    with pytest.raises(InputError, match="hold not one word"):
        vocabulary_from_texts(["...", ""], 100)
