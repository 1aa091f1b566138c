"""Texts as one flat array of word numbers, and their n-grams as numbers: what counting teachers and vectors work on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.text import FIRST_WORD, TEXT_VERSION, UNKNOWN, Splitter
from tallygate.train.counts.vocabulary_builder import ranked_words

LONGEST = 3
"""Words in the longest n-gram."""
MOST_WORDS = 1_000_000
"""Distinct words that are told apart, so that an n-gram's number fits 63 bits."""
_BASE = LONGEST + 1

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Tokens:
    """Every token of some texts, whole texts one after another."""

    words: list[str]
    """The word of each number from ``FIRST_WORD`` on, the most frequent first."""
    ids: Ints
    """[tokens] number of each token's word; words that stand once are unknown."""
    starts: Ints
    """[texts + 1] where each text begins."""

    def __len__(self) -> int:
        """Number of texts."""
        return len(self.starts) - 1

    @property
    def counts(self) -> Ints:
        """[words] how often each word stands, in the order of ``words``."""
        return np.bincount(self.ids, minlength=len(self.words) + FIRST_WORD)[FIRST_WORD:]


def tokens_from_texts(texts: Iterable[str], punctuation: str) -> Tokens:
    """Split all texts, count their words and number those that stand at least twice; all where none does."""
    splitter = Splitter(punctuation, TEXT_VERSION)
    split = [splitter.split(text) for text in texts]
    words = (ranked_words(split, least=2) or ranked_words(split))[:MOST_WORDS]
    number = {word: place for place, word in enumerate(words, FIRST_WORD)}
    flat = [number.get(word, UNKNOWN) for text in split for word in text]
    starts = np.cumsum([0, *map(len, split)], dtype=np.int64)
    return Tokens(words, np.asarray(flat, dtype=np.int64), starts)


@dataclass(frozen=True)
class Ngrams:
    """Every n-gram of some texts, by text."""

    texts: Ints
    """[n-grams] which text each stands in, in order."""
    keys: Ints
    """[n-grams] a number that no other n-gram has."""

    def select(self, keys: Ints) -> tuple[Ints, Ints]:
        """Text and place among the sorted ``keys`` of each n-gram that is one of them."""
        known, places = find_keys(keys, self.keys)
        return self.texts[known], places


def find_keys(keys: Ints, wanted: Ints) -> tuple[NDArray[np.bool_], Ints]:
    """Which of ``wanted`` are among the sorted ``keys``, and the places of those."""
    places = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    known = keys[places] == wanted if len(keys) else np.zeros(len(wanted), dtype=bool)
    return known, places[known]


def word_keys(numbers: Ints) -> Ints:
    """The keys of the 1-grams of words with these numbers."""
    return numbers * _BASE + 1


def ngrams_from_tokens(tokens: Tokens) -> Ngrams:
    """1- to 3-grams of all texts; none spans two texts or an unknown word."""
    ids, words = tokens.ids, len(tokens.words) + FIRST_WORD
    text_of = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    texts, keys = [], []
    for size in range(1, LONGEST + 1):
        last = max(len(ids) - size + 1, 0)
        whole = text_of[:last] == text_of[size - 1 : size - 1 + last]
        key = np.zeros(last, dtype=np.int64)
        for shift in range(size):
            word = ids[shift : shift + last]
            key = key * words + word
            whole &= word > UNKNOWN
        texts.append(text_of[:last][whole])
        keys.append(key[whole] * _BASE + size)
    order = np.argsort(np.concatenate(texts), kind="stable")
    return Ngrams(np.concatenate(texts)[order], np.concatenate(keys)[order])
