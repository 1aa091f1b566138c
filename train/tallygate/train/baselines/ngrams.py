"""A teacher that counts: logistic regression on naive-Bayes-weighted 1- to 3-grams (Wang & Manning 2012).

Two of them, on whether an n-gram stands in a text and on its tf-idf, whose logits are averaged.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from tallygate.train.baselines.folds import Fit, Logits, Scores, mean_of, out_of_fold
from tallygate.train.counts import Ints, Tokens, ngrams_from_tokens

LEAST_TEXTS = 3
"""Labelled texts that an n-gram must stand in."""
BINARY_COST, TF_IDF_COST = 0.02, 8.0
"""Inverse strengths of the L2 penalty, chosen out of fold on IMDB."""
_STEPS = 60
"""Of L-BFGS: more of them fit the training texts only."""


def ngram_teacher(tokens: Tokens, targets: NDArray[np.int64], folds: int) -> Logits:
    """Calibrated logits; the first ``len(targets)`` texts are the labelled ones."""
    counts = _counts(tokens, len(targets))
    binary = csr_matrix((np.ones_like(counts.data), counts.indices, counts.indptr), counts.shape)
    weighting = TfidfTransformer(sublinear_tf=True).fit(counts[: len(targets)])
    unlabeled = len(tokens) - len(targets)
    teachers = [
        out_of_fold(_fit(features, binary, targets, cost), targets, unlabeled, folds)
        for features, cost in ((binary, BINARY_COST), (weighting.transform(counts), TF_IDF_COST))
    ]
    return mean_of(teachers, targets)


def _counts(tokens: Tokens, labelled: int) -> csr_matrix:
    """float32 [texts, n-grams]: how often each n-gram stands in each text."""
    ngrams = ngrams_from_tokens(tokens)
    end = int(np.searchsorted(ngrams.texts, labelled))
    keys = _frequent(ngrams.texts[:end], ngrams.keys[:end])
    texts, places = ngrams.select(keys)
    ones = np.ones(len(texts), dtype=np.float32)
    return csr_matrix((ones, (texts, places)), shape=(len(tokens), len(keys)))


def _frequent(texts: Ints, keys: Ints) -> Ints:
    """Sorted keys that stand in at least :data:`LEAST_TEXTS` texts, or all if none does."""
    order = np.lexsort((texts, keys))
    texts, keys = texts[order], keys[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
    found, counts = np.unique(keys[first], return_counts=True)
    frequent = found[counts >= LEAST_TEXTS]
    return frequent if len(frequent) else found


def _fit(features: csr_matrix, binary: csr_matrix, targets: NDArray[np.int64], cost: float) -> Fit:
    labels = int(targets.max()) + 1
    wanted = [1] if labels == 2 else list(range(labels))

    def fit(places: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], Scores]:
        rows, known = features[places], binary[places]
        weights, intercepts = zip(*(_one(rows, known, targets[places] == label, cost) for label in wanted), strict=True)
        matrix, offset = np.stack(weights, axis=1), np.array(intercepts)
        return lambda others: np.asarray(features[others] @ matrix + offset, dtype=np.float64)

    return fit


def _one(rows: csr_matrix, known: csr_matrix, is_label: NDArray[np.bool_], cost: float) -> tuple[Scores, float]:
    """Weights and intercept of one label against the rest."""
    ratio = log_ratio(known, is_label)
    model = LogisticRegression(C=cost, max_iter=_STEPS, tol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows @ diags(ratio), is_label)
    return ratio * model.coef_[0], float(model.intercept_[0])


def log_ratio(known: csr_matrix, is_label: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Naive Bayes' log-count ratio of each n-gram: ln((p / |p|) / (q / |q|)), p and q one plus its texts per class."""
    inside = 1.0 + np.asarray(known[is_label].sum(axis=0)).ravel()
    outside = 1.0 + np.asarray(known[~is_label].sum(axis=0)).ravel()
    ratio: NDArray[np.float32] = np.log((inside / inside.sum()) / (outside / outside.sum())).astype(np.float32)
    return ratio
