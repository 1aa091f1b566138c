"""A direction in the space of word vectors from the words of one label to the words of another."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
from gensim.models import KeyedVectors
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tallygate.train.study.context import StudyContext

POLES = 40
"""Words of each label that make the axis."""
_LEAST_SHARE = 0.002
"""Share of the training texts that a word must stand in, so that its lean is no accident."""


class AxisWord(msgspec.Struct, frozen=True, kw_only=True):
    """One word beside the axis."""

    word: str
    projection: float
    """Cosine with the axis, -1 to 1."""
    lean: float
    """ln of how much more often a text of the second label has the word than one of the first."""
    texts: int
    """Training texts that have the word."""
    pole: bool
    """Whether it is one of the words that make the axis."""


class LabelAxis(msgspec.Struct, frozen=True, kw_only=True):
    """The axis and every frequent word on it."""

    labels: tuple[str, str]
    """The two most frequent labels; the axis leads from the first to the second."""
    rank_correlation: float | None
    """Spearman's, of projection and lean over the words that did not make the axis; ``None`` for fewer than three."""
    words: list[AxisWord]
    """The most frequent first."""


def label_axis(context: StudyContext, vectors: KeyedVectors) -> LabelAxis:
    """The mean of the second label's telling words' unit vectors, less that of the first label's."""
    first, second = _most_frequent_labels(context)
    leans, texts = _leans(context, first, second, vectors)
    order = sorted(leans, key=lambda word: (leans[word], word))
    size = min(POLES, len(order) // 4)
    low, high = order[:size], order[len(order) - size :]
    unit = {word: vectors.get_vector(word, norm=True) for word in order}
    axis = _mean(unit, high) - _mean(unit, low)
    axis /= max(float(np.linalg.norm(axis)), 1e-12)
    poles = {*low, *high}
    words = [
        AxisWord(
            word=word,
            projection=round(float(unit[word] @ axis), 4),
            lean=round(leans[word], 4),
            texts=texts[word],
            pole=word in poles,
        )
        for word in sorted(order, key=lambda word: (-texts[word], word))
    ]
    names = context.labels[first], context.labels[second]
    return LabelAxis(labels=names, rank_correlation=_correlation(words), words=words)


def _most_frequent_labels(context: StudyContext) -> tuple[int, int]:
    counts = np.bincount(context.targets["train"], minlength=len(context.labels))
    first, second = sorted(np.argsort(-counts, kind="stable")[:2].tolist())
    return first, second


def _leans(
    context: StudyContext, first: int, second: int, vectors: KeyedVectors
) -> tuple[dict[str, float], dict[str, int]]:
    """Log-ratio, one text of each label added to every word, and the number of texts, of every frequent word."""
    counts: dict[int, Counter[str]] = {first: Counter(), second: Counter()}
    totals: Counter[int] = Counter()
    for tokens, target in zip(context.tokens.train, context.targets["train"].tolist(), strict=True):
        if target in counts:
            counts[target].update(set(tokens))
            totals[target] += 1
    least = max(5, _LEAST_SHARE * totals.total())
    texts = {word: counts[first][word] + counts[second][word] for word in {**counts[first], **counts[second]}}
    texts = {word: count for word, count in texts.items() if count >= least and word in vectors}

    def log_share(label: int, word: str) -> float:
        return float(np.log((counts[label][word] + 1) / (totals[label] + 2)))

    return {word: log_share(second, word) - log_share(first, word) for word in texts}, texts


def _mean(unit: dict[str, NDArray[np.float32]], words: list[str]) -> NDArray[np.float32]:
    """Zero for no word at all."""
    width = len(next(iter(unit.values()), np.zeros(1)))
    vectors = [unit[word] for word in words] or [np.zeros(width, dtype=np.float32)]
    mean: NDArray[np.float32] = np.mean(vectors, axis=0)
    return mean


def _correlation(words: list[AxisWord]) -> float | None:
    others = [word for word in words if not word.pole]
    if len(others) < 3:
        return None
    found = spearmanr([word.projection for word in others], [word.lean for word in others]).statistic
    return round(float(found), 4) if np.isfinite(found) else None
