"""The embedding's first values, from word vectors that were learnt without labels and from counts by label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.text import FIRST_WORD
from tallygate.train.counts import Tokens

SPREAD = 0.3
"""Standard deviation of the embedding's first values."""
WHITENING = 0.375
"""Power of a component's variance that it is divided by: 0 leaves components as they are, 0.5 makes them alike."""
_MOST_COUNTED = 2000
"""Occurrences up to which a word weighs more in the components."""
_FULL_EVIDENCE = 20
"""Labelled texts from which a word's log-ratio counts whole."""
_LARGEST_RATIO = 2.0

Floats = NDArray[np.float32]


def first_embedding(
    tokens: Tokens, vectors: Floats, targets: NDArray[np.int64], labels: int, rows: int, size: int
) -> Floats:
    """float32 [rows, size]: principal components of word vectors, words in the order of ``tokens``.

    With two labels the last column is each word's naive Bayes log-ratio. Padding, unknown and rare words are zero.
    ``targets`` are the labels of the first texts.
    """
    counts = tokens.counts
    known = np.linalg.norm(vectors, axis=1) > 0
    result = np.zeros((len(tokens.words), size), dtype=np.float64)
    if known.any():
        components = _components(vectors[known], np.minimum(counts[known], _MOST_COUNTED), size)
        result[known, : components.shape[1]] = components
    if labels == 2:
        ratio = _log_ratio(tokens, targets)
        result[:, -1] = ratio / max(ratio.std(), 1e-9)
    embedding = np.zeros((rows, size), dtype=np.float32)
    kept = min(rows - FIRST_WORD, len(result))
    embedding[FIRST_WORD : FIRST_WORD + kept] = SPREAD * result[:kept]
    return embedding


def _components(vectors: Floats, weights: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Of vectors of length 1, weighted by count; spread evened out, with standard deviation 1 on the whole."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centred = unit - np.average(unit, axis=0, weights=weights)
    covariance = (centred * weights[:, None]).T @ centred / weights.sum()
    values, directions = np.linalg.eigh(covariance)
    size = min(size, len(values))
    strongest = np.argsort(-values, kind="stable")[:size]
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(len(values))])[strongest]
    scales = np.maximum(values[strongest], 1e-9) ** WHITENING
    components: NDArray[np.float64] = centred @ (directions[:, strongest] * signs) / scales
    return components / max(float(components.std()), 1e-9)


def _log_ratio(tokens: Tokens, targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """[words] ln of the ratio of the labels' shares of texts, positive for the second; less where few texts tell."""
    end = tokens.starts[len(targets)]
    text_of = np.repeat(np.arange(len(targets)), np.diff(tokens.starts[: len(targets) + 1]))
    words = len(tokens.words) + FIRST_WORD
    pairs = np.unique(tokens.ids[:end] * len(targets) + text_of)
    word, label = pairs // len(targets), targets[pairs % len(targets)]
    texts = [np.bincount(word[label == wanted], minlength=words)[FIRST_WORD:] for wanted in (0, 1)]
    negative, positive = (1.0 + count for count in texts)
    ratio = np.log((positive / positive.sum()) / (negative / negative.sum()))
    evidence = np.minimum(1.0, (texts[0] + texts[1]) / _FULL_EVIDENCE)
    clipped: NDArray[np.float64] = np.clip(ratio * evidence, -_LARGEST_RATIO, _LARGEST_RATIO)
    return clipped
