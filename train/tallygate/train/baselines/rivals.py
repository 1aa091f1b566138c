"""Classifiers that take seconds, trained on the texts of a run to tell whether its model is worth having.

Their settings are fixed, so no held-out text has a say in them. Those of the first are the best on TREC's validation
texts of one or two words per feature and C = 1, 10, 30.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tallygate.train.baselines.folds import predicted
from tallygate.train.baselines.nb_svm import nb_svm_decision

LOGISTIC, NB_SVM = "TF-IDF + logistic regression", "NB-SVM"
_COST, _SVM_COST, _MANY_TEXTS = 30.0, 0.1, 1000
_AS_THEY_ARE: dict[str, Any] = {"tokenizer": list, "preprocessor": list, "token_pattern": None, "lowercase": False}
"""Texts are tokens already."""

Texts = Sequence[list[str]]
"""Each as its tokens."""
Found = NDArray[np.int64]


@dataclass(frozen=True)
class RivalAnswers:
    """What one of them answers to held-out texts."""

    name: str
    splits: list[Found]
    """Positions of labels, for each split that was asked."""


def rival_answers(train: Texts, targets: Found, splits: Sequence[Texts], seed: int) -> list[RivalAnswers]:
    """Train on ``train`` and answer each of ``splits``; nothing where the texts have fewer than two labels."""
    if len(np.unique(targets)) < 2 or not any(train):
        return []
    return [_logistic(train, targets, splits), _nb_svm(train, targets, splits, seed)]


def _logistic(train: Texts, targets: Found, splits: Sequence[Texts]) -> RivalAnswers:
    features = TfidfVectorizer(**_AS_THEY_ARE, ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
    rows, model = features.fit_transform(train), LogisticRegression(C=_COST, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, targets)
    found = [np.asarray(model.predict(features.transform(split)), dtype=np.int64) for split in splits]
    return RivalAnswers(LOGISTIC, found)


def _nb_svm(train: Texts, targets: Found, splits: Sequence[Texts], seed: int) -> RivalAnswers:
    """Over 1- to 3-grams that stand twice where texts are many, as the study's."""
    least = 2 if len(train) >= _MANY_TEXTS else 1
    features = CountVectorizer(**_AS_THEY_ARE, ngram_range=(1, 3), min_df=least, binary=True, dtype=np.float32)
    rows, labels = features.fit_transform(train), np.unique(targets)
    wanted = labels[1:] if len(labels) == 2 else labels
    decisions = [nb_svm_decision(rows, targets == label, _SVM_COST, seed) for label in wanted]
    weights = np.stack([weights for weights, _ in decisions], axis=1)
    intercepts = np.array([intercept for _, intercept in decisions])
    found = [labels[predicted(features.transform(split) @ weights + intercepts)] for split in splits]
    return RivalAnswers(NB_SVM, found)
