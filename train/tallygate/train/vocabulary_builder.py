"""The vocabulary of a run: the most frequent words of its training texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tallygate.runtime.errors import InputError
from tallygate.runtime.text import Splitter
from tallygate.runtime.vocabulary import FIRST_WORD, Vocabulary


def vocabulary_from_texts(texts: Iterable[str], size: int, punctuation: str = "") -> Vocabulary:
    """The ``size - 2`` most frequent words, one row each, the most frequent first; ties are broken by the word.

    With fewer distinct words than that, the vocabulary has as many rows as it needs and no more.

    Raises :class:`InputError` when the texts hold no word at all.
    """
    splitter = Splitter(punctuation)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(splitter.split(text))
    if not counts:
        raise InputError("the training texts", "hold not one word", "check which column holds the text")
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[: size - FIRST_WORD]
    return Vocabulary({word: row for row, word in enumerate(ranked, FIRST_WORD)}, FIRST_WORD + len(ranked))
