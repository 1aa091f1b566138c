"""Scores of labelled texts by models that never saw their labels, and what such scores are worth as probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

Scores = NDArray[np.float64]
"""[texts, outputs]: one output for two labels (positive means the second), else one per label."""
Fit = Callable[[NDArray[np.int64]], Callable[[NDArray[np.int64]], Scores]]
"""From the places of labelled texts to train on, a function from places of any texts to their scores."""


@dataclass(frozen=True)
class Logits:
    """A teacher's calibrated logits."""

    train: Scores
    """Of labelled texts, each by a model that was fitted without it."""
    unlabeled: Scores

    def accuracy(self, targets: NDArray[np.int64]) -> float:
        """Share of the labelled texts whose label the out-of-fold scores find."""
        return float((predicted(self.train) == targets).mean())


def predicted(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """The likeliest label of each row."""
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64)
    found: NDArray[np.int64] = scores.argmax(axis=1)
    return found


def probabilities(scores: Scores) -> NDArray[np.float32]:
    """float32 [texts, labels] of logits: logistic for one output, else softmax."""
    columns = np.hstack([np.zeros_like(scores), scores]) if scores.shape[1] == 1 else scores
    exponents = np.exp(columns - columns.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = (exponents / exponents.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def out_of_fold(fit: Fit, targets: NDArray[np.int64], unlabeled: int, folds: int, seed: int = 0) -> Logits:
    """Score labelled texts fold by fold and unlabelled ones by a model of all labels; calibrate both alike.

    Labelled texts stand at places 0 to ``len(targets) - 1``, unlabelled ones after them. Labels with fewer texts than
    ``folds`` are dealt out as far as they go; a text that alone has its label is scored by a model that saw it.
    """
    train = held_out_scores(fit, targets, folds, seed)
    rest = np.arange(len(targets), len(targets) + unlabeled)
    everything = fit(np.arange(len(targets)))
    rest_scores = everything(rest) if unlabeled else np.zeros((0, train.shape[1]))
    return calibrated(train, rest_scores, targets)


def held_out_scores(fit: Fit, targets: NDArray[np.int64], folds: int, seed: int = 0) -> Scores:
    """The scores of labelled texts, each by a model that was fitted on the other folds, as that model gives them."""
    train: Scores | None = None
    for others, held_out in _folds(targets, folds, seed):
        scores = fit(others)(held_out)
        train = np.zeros((len(targets), scores.shape[1])) if train is None else train
        train[held_out] = scores
    assert train is not None
    return train


def calibrated(train: Scores, unlabeled: Scores, targets: NDArray[np.int64]) -> Logits:
    """Logits that make the labels of ``train`` likeliest: Platt scaling (1999), matrix scaling for more labels."""
    scaling = LogisticRegression(C=1e4, max_iter=1000).fit(train, targets)

    def scaled(scores: Scores) -> Scores:
        if not len(scores):
            return scores
        values: Scores = scaling.decision_function(scores)
        return values.reshape(len(scores), -1)

    return Logits(scaled(train), scaled(unlabeled))


def mean_of(teachers: Sequence[Logits], targets: NDArray[np.int64]) -> Logits:
    """The mean of several teachers' logits, calibrated anew."""
    train = np.mean([teacher.train for teacher in teachers], axis=0)
    unlabeled = np.mean([teacher.unlabeled for teacher in teachers], axis=0)
    return calibrated(train, unlabeled, targets)


def _folds(targets: NDArray[np.int64], folds: int, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places that are read and places that are scored. A text that alone has its label must be read in every fold."""
    counts = np.bincount(targets)
    alone = np.flatnonzero(counts[targets] == 1)
    others = np.flatnonzero(counts[targets] > 1)
    if not len(others):
        return [(alone, alone)]
    splitter = StratifiedKFold(min(folds, int(counts[counts > 1].min())), shuffle=True, random_state=seed)
    parts = [(others[read], others[scored]) for read, scored in splitter.split(others, targets[others])]
    return [(np.union1d(read, alone), np.union1d(scored, alone)) for read, scored in parts]
