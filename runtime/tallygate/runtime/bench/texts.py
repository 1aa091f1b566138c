"""Texts to time with, where the user gives none: made of a bundle's own words, as long as film reviews are."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from tallygate.runtime.text import Vocabulary

MEDIAN_WORDS = 172
MEAN_WORDS = 225
"""Median and mean words of the IMDB reviews after a cut at 600; a log-normal of these leaves 4% above 600."""
_SPREAD = math.sqrt(2 * math.log(MEAN_WORDS / MEDIAN_WORDS))
_SENTENCE = 18


def made_up_texts(vocabulary: Vocabulary, count: int, seed: int = 0) -> list[str]:
    """``count`` texts of random words; the same seed gives the same texts. Frequent words (low rows) come often."""
    rng = random.Random(seed)
    words = sorted(vocabulary.rows, key=lambda word: (vocabulary.rows[word], word)) or ["word"]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    return [_text(rng.choices(words, weights, k=_length(rng))) for _ in range(count)]


def _length(rng: random.Random) -> int:
    return max(1, round(rng.lognormvariate(math.log(MEDIAN_WORDS), _SPREAD)))


def _text(words: Sequence[str]) -> str:
    sentences = [words[start : start + _SENTENCE] for start in range(0, len(words), _SENTENCE)]
    return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)
