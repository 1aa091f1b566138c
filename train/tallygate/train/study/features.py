"""What counting classifiers see of a text: which words stand in it, as 0 and 1 or weighted by tf-idf."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import Binarizer

from tallygate.train.study.context import StudyContext

FeatureKind = Literal["bag of words", "TF-IDF"]


class WordFeatures:
    """The ``words`` most frequent words of the training texts, counted and weighted."""

    def __init__(self, texts: Sequence[list[str]], kind: FeatureKind, words: int) -> None:
        start = time.process_time()
        self._counter = CountVectorizer(analyzer=list, max_features=words, dtype=np.float32)
        self._weighting = Binarizer() if kind == "bag of words" else TfidfTransformer(sublinear_tf=True)
        self.train: csr_matrix = self._weighting.fit_transform(self._counter.fit_transform(texts))
        """float32 [texts, words] of the training texts."""
        self.seconds = time.process_time() - start

    def of(self, texts: Sequence[list[str]]) -> csr_matrix:
        """float32 [texts, words]."""
        return self._weighting.transform(self._counter.transform(texts))

    @property
    def parameters(self) -> int:
        """Numbers that the weighting stores: one per word for TF-IDF, else none."""
        return self.train.shape[1] if isinstance(self._weighting, TfidfTransformer) else 0

    @property
    def vocabulary_bytes(self) -> int:
        """A line per word, UTF-8."""
        return sum(len(word.encode("utf-8")) + 1 for word in self._counter.vocabulary_)


class FeatureCache:
    """Features of one study, made when they are first asked for."""

    def __init__(self) -> None:
        self._made: dict[tuple[FeatureKind, int], WordFeatures] = {}

    def get(self, context: StudyContext, kind: FeatureKind, words: int) -> WordFeatures:
        """Fitted on the training texts."""
        if (kind, words) not in self._made:
            self._made[kind, words] = WordFeatures(context.tokens.train, kind, words)
        return self._made[kind, words]
