"""A teacher that reads without labels: document vectors that predict their n-grams by cosine, then logistic regression.

Source: Thongtan & Phienthrakul 2019, "Sentiment Classification Using Document Embeddings Trained with Cosine
Similarity": for a document vector x and an n-gram vector w, maximise ln sigma(a cos(x, w)) over the document's n-grams
and ln sigma(-a cos(x, w)) over drawn ones. Vectors begin with length 1, without which the first steps are far too long.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from tallygate.runtime.text import FIRST_WORD
from tallygate.train.baselines import Fit, Logits, Scores, out_of_fold
from tallygate.train.counts import Ints, Tokens, find_keys, ngrams_from_tokens, word_keys

LEAST_COUNT = 5
"""Times that an n-gram must stand in all texts."""
SHARPNESS = 6.0
"""What a cosine is multiplied by before the logistic function."""
NEGATIVES = 5
"""N-grams that each n-gram is told from, drawn by count to the power 3/4."""
LEARNING_RATE, LAST_SHARE = 0.1, 0.05
"""The first step size, and the share of it at which the straight fall ends."""
SUBSAMPLE = 1e-4
"""Relative count above which an n-gram is read only now and then (Mikolov et al. 2013); with few n-grams,
the count that each would have if all stood alike."""
COST = 10.0
"""Inverse strength of the classifier's L2 penalty, chosen out of fold on IMDB."""
_TABLE = 20_000_000
"""Entries of the table from which negatives are drawn."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class DocumentVectors:
    """What was learnt from the texts alone."""

    texts: Vectors
    """float32 [texts, size]."""
    words: Vectors
    """float32 [words, size], in the order of ``Tokens.words``; zero where a word is too rare."""
    seconds: float
    """What it took."""


def document_vectors(tokens: Tokens, size: int, epochs: int, seed: int = 0) -> DocumentVectors:
    """Train the vectors; deterministic under ``seed``. Progress is shown on a terminal."""
    start = time.perf_counter()
    ngrams = ngrams_from_tokens(tokens)
    keys, counts = np.unique(ngrams.keys, return_counts=True)
    keys, counts = keys[counts >= LEAST_COUNT], counts[counts >= LEAST_COUNT]
    texts, places = ngrams.select(keys)
    starts = np.searchsorted(texts, np.arange(len(tokens) + 1))
    generator = np.random.default_rng([seed, 0])
    vectors = _first_vectors(generator, len(tokens), size)
    weights = _first_vectors(generator, len(keys), size)
    if len(keys):
        _train(places.astype(np.int32), starts, counts, vectors, weights, epochs, generator)
    return DocumentVectors(vectors, _word_vectors(tokens, keys, weights), time.perf_counter() - start)


def document_teacher(vectors: Vectors, targets: NDArray[np.int64], folds: int) -> Logits:
    """Calibrated logits; the first ``len(targets)`` vectors are those of the labelled texts."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = vectors / np.maximum(lengths, 1e-9)
    return out_of_fold(_fit(rows, targets), targets, len(rows) - len(targets), folds)


def _fit(rows: Vectors, targets: NDArray[np.int64]) -> Fit:
    def fit(places: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], Scores]:
        model = LogisticRegression(C=COST, max_iter=200).fit(rows[places], targets[places])
        return lambda others: model.decision_function(rows[others]).astype(np.float64).reshape(len(others), -1)

    return fit


def _first_vectors(generator: np.random.Generator, rows: int, size: int) -> Vectors:
    """Uniform, of length 1 on average."""
    side = math.sqrt(3.0 / size)
    return generator.uniform(-side, side, (rows, size)).astype(np.float32)


def _word_vectors(tokens: Tokens, keys: Ints, weights: Vectors) -> Vectors:
    wanted = word_keys(np.arange(FIRST_WORD, len(tokens.words) + FIRST_WORD))
    known, places = find_keys(keys, wanted)
    result = np.zeros((len(wanted), weights.shape[1]), dtype=np.float32)
    result[known] = weights[places]
    return result


def _train(
    ngrams: NDArray[np.int32],
    starts: Ints,
    counts: Ints,
    vectors: Vectors,
    weights: Vectors,
    epochs: int,
    generator: np.random.Generator,
) -> None:
    usual = max(SUBSAMPLE, 1.0 / len(counts))
    kept = np.minimum(1.0, np.sqrt(usual * counts.sum() / counts)).astype(np.float32)
    shares = counts**0.75 / (counts**0.75).sum()
    table = np.repeat(np.arange(len(counts), dtype=np.int32), np.maximum(1, np.rint(shares * _TABLE)).astype(np.int64))
    fall = LEARNING_RATE * np.linspace(1.0, LAST_SHARE, epochs + 1, dtype=np.float64)
    for epoch in tqdm(range(epochs), desc="document vectors", unit="epoch", disable=None, leave=False):
        order = generator.permutation(len(vectors)).astype(np.int32)
        seed = int(generator.integers(1, 2**63 - 1))
        _read_texts(ngrams, starts, order, vectors, weights, table, kept, seed, fall[epoch], fall[epoch + 1])


@njit(inline="always")
def _next_random(state: np.uint64) -> np.uint64:
    """Marsaglia's xorshift64."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@njit(fastmath=True, error_model="numpy")
def _read_texts(
    ngrams: NDArray[np.int32],
    starts: Ints,
    order: NDArray[np.int32],
    vectors: Vectors,
    weights: Vectors,
    table: NDArray[np.int32],
    kept: NDArray[np.float32],
    seed: int,
    first_rate: float,
    last_rate: float,
) -> None:
    """One epoch of stochastic gradient ascent, text after text."""
    size = vectors.shape[1]
    state = np.uint64(seed)
    step = np.empty(size, dtype=np.float32)
    sharpness, one = np.float32(SHARPNESS), np.float32(1.0)
    for turn in range(len(order)):
        rate = np.float32(first_rate + (last_rate - first_rate) * turn / len(order))
        text = vectors[order[turn]]
        for place in range(starts[order[turn]], starts[order[turn] + 1]):
            ngram = ngrams[place]
            state = _next_random(state)
            if np.float32(state >> np.uint64(40)) * np.float32(1.0 / 16777216.0) > kept[ngram]:
                continue
            square = np.float32(0.0)
            for i in range(size):
                square += text[i] * text[i]
                step[i] = np.float32(0.0)
            text_scale, shrink = one / np.sqrt(square), np.float32(0.0)
            for draw in range(NEGATIVES + 1):
                if draw:
                    state = _next_random(state)
                    ngram = table[np.int64((state >> np.uint64(16)) % np.uint64(len(table)))]
                weight = weights[ngram]
                dot, square = np.float32(0.0), np.float32(0.0)
                for i in range(size):
                    dot += text[i] * weight[i]
                    square += weight[i] * weight[i]
                scale = one / np.sqrt(square)
                cosine = dot * text_scale * scale
                wanted = one if draw == 0 else np.float32(0.0)
                push = rate * sharpness * (wanted - one / (one + np.exp(-sharpness * cosine)))
                along, back = push * text_scale * scale, push * cosine * scale * scale
                shrink += push * cosine * text_scale * text_scale
                for i in range(size):
                    old = weight[i]
                    step[i] += along * old
                    weight[i] = old + along * text[i] - back * old
            for i in range(size):
                text[i] += step[i] - shrink * text[i]
