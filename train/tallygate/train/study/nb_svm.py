"""NB-SVM: a linear SVM over 1- to 3-grams weighted by naive Bayes' log-count ratios (Wang & Manning 2012)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from tallygate.train.baselines import INTERPOLATION, nb_svm_decision, predicted
from tallygate.train.study.contestant import Contestant, Fitted, Found, Settings, Size
from tallygate.train.study.context import StudyContext

_MANY_TEXTS = 1000
"""Training texts from which an n-gram must stand in two of them."""

Weights = NDArray[np.float32]


class NgramFeatures:
    """Which 1- to 3-grams of the training texts stand in a text."""

    def __init__(self, texts: Sequence[list[str]]) -> None:
        start = time.process_time()
        least = 2 if len(texts) >= _MANY_TEXTS else 1
        self._counter = CountVectorizer(
            tokenizer=list, preprocessor=list, token_pattern=None, lowercase=False,
            ngram_range=(1, 3), min_df=least, binary=True, dtype=np.float32,
        )  # fmt: skip
        self.train: csr_matrix = self._counter.fit_transform(texts)
        """float32 [texts, n-grams]."""
        self.seconds = time.process_time() - start

    def of(self, texts: Sequence[list[str]]) -> csr_matrix:
        """float32 [texts, n-grams]."""
        return self._counter.transform(texts)

    @property
    def vocabulary_bytes(self) -> int:
        """A line per n-gram, UTF-8."""
        return sum(len(ngram.encode("utf-8")) + 1 for ngram in self._counter.vocabulary_)


class FittedNbSvm(Fitted):
    """One weight per n-gram and decision: the ratios are multiplied into the SVM's weights."""

    def __init__(self, features: NgramFeatures, weights: Weights, intercepts: Weights, train_seconds: float) -> None:
        """``weights`` [n-grams, decisions], ``intercepts`` [decisions]; one decision for two labels."""
        self._features, self._weights, self._intercepts = features, weights, intercepts
        self.train_seconds = train_seconds

    def predict(self, texts: Sequence[list[str]]) -> Found:
        """Labels of texts, each given as its tokens."""
        return predicted(np.asarray(self._features.of(texts) @ self._weights + self._intercepts))

    def size(self) -> Size:
        """Weights, intercepts and n-grams."""
        numbers = self._weights.size + self._intercepts.size
        return Size(numbers, 4 * numbers, self._features.vocabulary_bytes)


class NbSvm(Contestant):
    """One label against the rest where there are more than two."""

    name, family, features = "NB-SVM", "n-grams", "1- to 3-grams"

    def __init__(self) -> None:
        self._made: NgramFeatures | None = None

    def candidates(self, context: StudyContext) -> list[Settings]:
        """The cost of a text on the wrong side."""
        return [{"C": cost, "interpolation": INTERPOLATION} for cost in (0.1, 1.0)]

    def fit(self, context: StudyContext, settings: Settings) -> FittedNbSvm:
        """Train on the n-grams of the training texts."""
        if self._made is None:
            self._made = NgramFeatures(context.tokens.train)
        features, start = self._made, time.process_time()
        targets, cost = context.targets["train"], float(settings["C"] or 0.0)
        wanted = [1] if context.outputs == 1 else range(context.outputs)
        decisions = [nb_svm_decision(features.train, targets == label, cost, context.seed) for label in wanted]
        weights = np.stack([weights for weights, _ in decisions], axis=1)
        intercepts = np.array([intercept for _, intercept in decisions], dtype=np.float32)
        return FittedNbSvm(features, weights, intercepts, features.seconds + time.process_time() - start)
