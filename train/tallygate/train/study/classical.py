"""The report's seven classifiers, by scikit-learn, each over a bag of words and over TF-IDF."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tallygate.train.study.contestant import Contestant, Fitted, Found, Settings, Size
from tallygate.train.study.context import StudyContext
from tallygate.train.study.features import FeatureCache, FeatureKind, WordFeatures
from tallygate.train.study.sizes import size_of

FEW_WORDS, MANY_WORDS = 5000, 30_000
"""Words that classifiers see which do not bear more, and those that linear ones can choose."""
_DENSE_ROWS = 1000
Estimator = Any
"""A classifier of scikit-learn, which has no types."""


def classical_contestants(cache: FeatureCache) -> list[Contestant]:
    """Seven classifiers, each over two kinds of features."""
    kinds: tuple[FeatureKind, ...] = ("bag of words", "TF-IDF")
    return [contestant(kind, cache) for contestant in CLASSIFIERS for kind in kinds]


class FittedClassical(Fitted):
    """Features and a classifier over them."""

    def __init__(self, features: WordFeatures, estimator: Estimator, train_seconds: float) -> None:
        self._features, self.estimator, self.train_seconds = features, estimator, train_seconds

    def predict(self, texts: Sequence[list[str]]) -> Found:
        """Labels of texts, each given as its tokens."""
        return np.asarray(self.estimator.predict(self._features.of(texts)), dtype=np.int64)

    def size(self) -> Size:
        """The classifier's own numbers, those of TF-IDF, and the words."""
        parameters, weight_bytes = size_of(self.estimator)
        weighting = self._features.parameters
        return Size(parameters + weighting, weight_bytes + 4 * weighting, self._features.vocabulary_bytes)


class Classical(Contestant):
    """One of the seven."""

    family = "classical"
    title: str
    words: tuple[int, ...] = (FEW_WORDS,)

    def __init__(self, features: FeatureKind, cache: FeatureCache) -> None:
        self.name, self._kind, self._cache = f"{self.title}, {features}", features, cache
        self.features = "0 or 1 per word" if features == "bag of words" else "TF-IDF per word"

    def candidates(self, context: StudyContext) -> list[Settings]:
        """Every number of words with every setting."""
        return [{"words": words, **settings} for words in self.words for settings in self.grid(context)]

    def grid(self, context: StudyContext) -> list[Settings]:
        """Settings of the classifier."""
        raise NotImplementedError

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        """The classifier, untrained."""
        raise NotImplementedError

    def fit(self, context: StudyContext, settings: Settings) -> FittedClassical:
        """Train on the features of the training texts."""
        words = settings["words"]
        assert isinstance(words, int)
        features = self._cache.get(context, self._kind, words)
        own = {name: value for name, value in settings.items() if name != "words"}
        start = time.process_time()
        estimator = self.estimator(own, context)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(features.train, context.targets["train"])
        return FittedClassical(features, estimator, features.seconds + time.process_time() - start)


class _LogisticRegression(Classical):
    title = "logistic regression"
    words = (FEW_WORDS, MANY_WORDS)

    def grid(self, context: StudyContext) -> list[Settings]:
        costs = (0.03, 0.1, 0.3) if self._kind == "bag of words" else (1.0, 3.0, 10.0)
        return [{"C": cost} for cost in costs]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return LogisticRegression(**settings, max_iter=200)


class _LinearSVM(Classical):
    title = "linear SVM"
    words = (FEW_WORDS, MANY_WORDS)

    def grid(self, context: StudyContext) -> list[Settings]:
        costs = (0.003, 0.01, 0.03) if self._kind == "bag of words" else (0.1, 0.3, 1.0)
        return [{"C": cost} for cost in costs]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return LinearSVC(**settings, random_state=context.seed)


class _DecisionTree(Classical):
    title = "decision tree"

    def grid(self, context: StudyContext) -> list[Settings]:
        return [{"max_depth": depth, "min_samples_leaf": 5} for depth in (10, 20, 40)]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return DecisionTreeClassifier(**settings, random_state=context.seed)


class _RandomForest(Classical):
    title = "random forest"

    def grid(self, context: StudyContext) -> list[Settings]:
        return [{"n_estimators": 10 if context.quick else 100, "min_samples_leaf": 2}]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return RandomForestClassifier(**settings, random_state=context.seed, n_jobs=context.threads)


class _NaiveBayes(Classical):
    """Bernoulli's over 0 and 1, the multinomial one over weights."""

    title = "naive Bayes"
    words = (FEW_WORDS, MANY_WORDS)

    def grid(self, context: StudyContext) -> list[Settings]:
        return [{"alpha": 1.0}, {"alpha": 0.1}]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return BernoulliNB(**settings) if self._kind == "bag of words" else MultinomialNB(**settings)


class _NearestNeighbours(Classical):
    title = "k-nearest neighbours"

    def grid(self, context: StudyContext) -> list[Settings]:
        texts = len(context.tokens.train)
        return [{"n_neighbors": k} for k in (5, 25, 101) if k <= texts] or [{"n_neighbors": 1}]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return CosineNeighbours(KNeighborsClassifier(**settings, algorithm="brute", weights="distance"))


class _PlainNetwork(Classical):
    title = "plain neural network"

    def grid(self, context: StudyContext) -> list[Settings]:
        epochs = (2, 4) if len(context.tokens.train) >= 10_000 else (20, 100)
        return [{"hidden_layer_sizes": 64, "max_iter": count} for count in epochs]

    def estimator(self, settings: Settings, context: StudyContext) -> Estimator:
        return MLPClassifier(**settings, random_state=context.seed)


class CosineNeighbours:
    """Nearest by cosine. Rows are made dense in pieces: dense products of a CPU are faster than sparse ones here."""

    def __init__(self, neighbours: KNeighborsClassifier) -> None:
        self.neighbours = neighbours

    def fit(self, features: csr_matrix, targets: Found) -> None:
        """Keep them, each divided by its length: distances then rank as cosines do."""
        self.stored = normalize(features)
        self.neighbours.fit(self.stored.toarray(), targets)

    def predict(self, features: csr_matrix) -> Found:
        """Labels, int64 [texts]."""
        rows = normalize(features)
        pieces = [rows[begin : begin + _DENSE_ROWS] for begin in range(0, rows.shape[0], _DENSE_ROWS)]
        return np.concatenate([self.neighbours.predict(piece.toarray()) for piece in pieces])


CLASSIFIERS: tuple[Callable[[FeatureKind, FeatureCache], Classical], ...] = (
    _LogisticRegression,
    _LinearSVM,
    _DecisionTree,
    _RandomForest,
    _NaiveBayes,
    _NearestNeighbours,
    _PlainNetwork,
)
