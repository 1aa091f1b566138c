"""Texts that hold every word of a vocabulary once: goldens end with them, and a page makes them from its image.

Words are shuffled: neighbours in the vocabulary are alike, and texts of words that are alike have logits far larger
than any real text, which measures rounding where nobody needs it. The order is that of Python's
``random.Random(SEED)``, which ``web/page/shuffling.js`` repeats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import TypeVar

SEED = 0
WORDS_PER_TEXT = 16
MAX_LOGITS = 2**18
"""Of all these texts: with many labels they hold more words each, so goldens stay small."""

T = TypeVar("T")


def words_per_text(words: int, outputs: int, max_length: int, most_logits: int = MAX_LOGITS) -> int:
    """How many of so many words one text holds."""
    return min(max(WORDS_PER_TEXT, -(-words * outputs // most_logits)), max_length)


def texts_of_all_words(rows: Mapping[str, int], size: int, every: int = 1, seed: int = SEED) -> list[str]:
    """Texts of ``size`` words each of ``rows``, a row of the embedding by word; or of each ``every``-th word."""
    words = sorted(rows, key=lambda word: (rows[word], word))[::every]
    return [" ".join(part) for part in parts_of(Random(seed).sample(words, len(words)), size)]


def parts_of(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``items`` in order, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
