"""The weights of words and n-grams: NB-SVM, one label against the rest, made logits by how it does out of fold."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix

from tallygate.train.baselines import Scores, held_out_scores, nb_svm_decision
from tallygate.train.loop import losses
from tallygate.train.presets import WidePreset
from tallygate.train.wide.features import Features

_SCALES = (math.log(0.05), math.log(50.0))
"""Bounds of the logarithm of what margins are multiplied by."""


@dataclass(frozen=True)
class LinearNgrams:
    """A linear classifier over words and n-grams."""

    features: Features
    weights: NDArray[np.float32]
    """[columns, outputs]; zeros for padding and for what no training text holds."""
    intercepts: NDArray[np.float32]
    """[outputs]."""

    def logits(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """float32 [texts, outputs] of texts given as ids."""
        scores: NDArray[np.float32] = self.features.presence(rows) @ self.weights + self.intercepts
        return scores


def fit_ngrams(
    rows: Sequence[Sequence[int]], targets: NDArray[np.int64], labels: int, words: int, preset: WidePreset, seed: int
) -> LinearNgrams:
    """Fit on labelled texts, given as ids of ``words`` words.

    Of more n-grams than ``preset.rows`` those are kept that move most texts, and all is fitted again.
    """
    features = Features.of_texts(rows, words, preset.longest, preset.least_texts)
    presence = features.presence(rows)
    if len(features.keys) > preset.rows:
        weights, _ = _one_against_rest(presence, targets, labels, preset.cost, seed)
        features = features.kept(_strongest(weights, presence, words, preset.rows))
        presence = features.presence(rows)
    weights, intercepts = _one_against_rest(presence, targets, labels, preset.cost, seed)
    scale = np.float32(_scale(presence, targets, labels, preset, seed))
    return LinearNgrams(features, weights * scale, intercepts * scale)


def _one_against_rest(
    presence: csr_matrix, targets: NDArray[np.int64], labels: int, cost: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    wanted = [1] if labels == 2 else range(labels)
    fitted = [_decision(presence, targets == label, cost, seed) for label in wanted]
    weights = np.stack([weights for weights, _ in fitted], axis=1)
    weights[np.asarray(presence.sum(axis=0)).ravel() == 0] = 0
    return weights, np.array([intercept for _, intercept in fitted], dtype=np.float32)


def _decision(
    presence: csr_matrix, is_label: NDArray[np.bool_], cost: float, seed: int
) -> tuple[NDArray[np.float32], float]:
    """A label that these texts do not have, or all of them have, is told by nothing."""
    if is_label.all() or not is_label.any():
        return np.zeros(presence.shape[1], np.float32), 1.0 if is_label.all() else -1.0
    return nb_svm_decision(presence, is_label, cost, seed)


def _scale(presence: csr_matrix, targets: NDArray[np.int64], labels: int, preset: WidePreset, seed: int) -> float:
    """What margins are multiplied by, so that those of held-out texts make their labels likeliest."""

    def fit(places: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], Scores]:
        found = _one_against_rest(presence[places], targets[places], labels, preset.cost, seed)
        return lambda others: np.asarray(presence[others] @ found[0] + found[1], dtype=np.float64)

    margins = torch.from_numpy(held_out_scores(fit, targets, preset.folds, seed))
    wanted = torch.from_numpy(targets)

    def loss(log_scale: float) -> float:
        return losses(margins * math.exp(log_scale), wanted).mean().item()

    return math.exp(float(minimize_scalar(loss, bounds=_SCALES, method="bounded", options={"xatol": 1e-4}).x))


def _strongest(weights: NDArray[np.float32], presence: csr_matrix, words: int, count: int) -> NDArray[np.bool_]:
    """[n-grams] the ``count`` that move most texts: the largest weight times the spread of the presence."""
    share = np.asarray(presence.sum(axis=0)).ravel() / presence.shape[0]
    strength = (np.abs(weights).max(axis=1) * np.sqrt(share * (1.0 - share)))[words:]
    kept = np.zeros(len(strength), dtype=bool)
    kept[np.argsort(-strength, kind="stable")[:count]] = True
    return kept
