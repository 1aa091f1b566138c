"""The vocabulary of a run: the most frequent words of its training texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tallygate.runtime.errors import InputError
from tallygate.runtime.text import FIRST_WORD, TEXT_VERSION, Splitter, Vocabulary


def vocabulary_from_texts(texts: Iterable[str], size: int, punctuation: str = "") -> Vocabulary:
    """The ``size - 2`` most frequent words, one row each, the most frequent first; ties are broken by the word.

    With fewer distinct words than that, the vocabulary has as many rows as it needs and no more.

    Raises :class:`InputError` when the texts hold no word at all.
    """
    splitter = Splitter(punctuation, TEXT_VERSION)
    return vocabulary_from_words(ranked_words(splitter.split(text) for text in texts), size)


def vocabulary_from_words(ranked: Sequence[str], size: int) -> Vocabulary:
    """The first ``size - 2`` words, one row each. Raises :class:`InputError` when there is none."""
    if not ranked:
        raise InputError("the training texts", "hold not one word", "check which column holds the text")
    kept = ranked[: size - FIRST_WORD]
    return Vocabulary({word: row for row, word in enumerate(kept, FIRST_WORD)}, FIRST_WORD + len(kept))


def ranked_words(texts: Iterable[Iterable[str]], least: int = 1) -> list[str]:
    """Words that stand at least ``least`` times, the most frequent first; ties are broken by the word."""
    counts: Counter[str] = Counter()
    for words in texts:
        counts.update(words)
    return sorted((word for word in counts if counts[word] >= least), key=lambda word: (-counts[word], word))
