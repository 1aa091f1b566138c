"""NB-SVM: a linear SVM over features weighted by naive Bayes' log-count ratios (Wang & Manning 2012)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.svm import LinearSVC

from tallygate.train.baselines.ngrams import log_ratio

INTERPOLATION = 0.25
"""Trust in the SVM's own weights; the rest is their mean magnitude, so naive Bayes where it is 0. The paper's."""


def nb_svm_decision(
    train: csr_matrix, is_label: NDArray[np.bool_], cost: float, seed: int
) -> tuple[NDArray[np.float32], float]:
    """Weights [features] and intercept of one label against the rest; ``train`` holds 1 where a feature stands."""
    ratio = log_ratio(train, is_label)
    model = LinearSVC(C=cost, random_state=seed).fit(train @ diags(ratio), is_label)
    own = model.coef_[0]
    mixed = (1.0 - INTERPOLATION) * np.abs(own).mean() + INTERPOLATION * own
    return (ratio * mixed).astype(np.float32), float(INTERPOLATION * model.intercept_[0])
