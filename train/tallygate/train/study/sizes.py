"""How many numbers a classifier of scikit-learn holds, and the bytes that a deployment needs for them."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

_NUMBER = 4
"""Bytes of a float32 or an int32."""
_SPLIT_NUMBERS = 4
"""Of a tree's inner node: the word, its threshold and two children."""


@singledispatch
def size_of(estimator: Any) -> tuple[int, int]:  # noqa: ANN401
    """Parameters and bytes of a linear classifier: its weights and intercepts."""
    if hasattr(estimator, "stored"):
        return _size_of_neighbours(estimator)
    return _weights(estimator.coef_.size + estimator.intercept_.size)


def _weights(numbers: int) -> tuple[int, int]:
    return numbers, _NUMBER * numbers


def _size_of_neighbours(estimator: Any) -> tuple[int, int]:  # noqa: ANN401
    """Every training text as it is: a word's number and its value, where each text begins, and the labels."""
    values, (texts, _) = estimator.stored.nnz, estimator.stored.shape
    return values, _NUMBER * (2 * values + 2 * texts)


@size_of.register
def _(estimator: MLPClassifier) -> tuple[int, int]:
    return _weights(sum(array.size for array in [*estimator.coefs_, *estimator.intercepts_]))


@size_of.register(BernoulliNB)
@size_of.register(MultinomialNB)
def _(estimator: Any) -> tuple[int, int]:  # noqa: ANN401
    return _weights(estimator.feature_log_prob_.size + estimator.class_log_prior_.size)


@size_of.register
def _(estimator: DecisionTreeClassifier) -> tuple[int, int]:
    nodes, leaves, labels = estimator.tree_.node_count, int(estimator.tree_.n_leaves), len(estimator.classes_)
    splits = nodes - leaves
    return nodes, _NUMBER * (_SPLIT_NUMBERS * splits + labels * leaves)


@size_of.register
def _(estimator: RandomForestClassifier) -> tuple[int, int]:
    trees = [size_of(tree) for tree in estimator.estimators_]
    return sum(nodes for nodes, _ in trees), sum(size for _, size in trees)
