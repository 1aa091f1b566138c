"""Many words on few rows: words whose vectors a trained network has brought close share one."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from tallygate.runtime.text import FIRST_WORD, Vocabulary

_ROUNDS = 20
"""Of Lloyd's algorithm."""


def share_rows(
    vocabulary: Vocabulary,
    embedding: NDArray[np.float32],
    counts: NDArray[np.int64],
    rows: int,
    single_rows: int,
) -> tuple[Vocabulary, NDArray[np.float32]]:
    """A vocabulary of the same words on at most ``rows`` rows, and their float32 [rows, size] vectors.

    ``vocabulary`` has one row per word, the most frequent first, as has ``embedding``; ``counts`` are the words'. The
    first ``single_rows`` words keep theirs, the others go to the nearest of the centres that k-means finds, a word
    weighing as much as the square root of its count.
    """
    first = FIRST_WORD + single_rows
    others = embedding[first:]
    clusters = min(rows - first, len(np.unique(others, axis=0)))
    if clusters >= len(others):
        return vocabulary, embedding
    means = KMeans(clusters, init="random", n_init=1, max_iter=_ROUNDS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        means.fit(others.astype(np.float64), sample_weight=np.sqrt(counts[single_rows : single_rows + len(others)]))
    row_of = {
        word: row if row < first else first + int(means.labels_[row - first]) for word, row in vocabulary.rows.items()
    }
    centres = means.cluster_centers_.astype(np.float32)
    return Vocabulary(row_of, first + clusters), np.concatenate([embedding[:first], centres])
