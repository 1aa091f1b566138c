"""Word vectors from what stands near what, without labels and without training.

Positive pointwise mutual information of words within a window, and its strongest components (Levy, Goldberg & Dagan
2015, "Improving Distributional Similarity with Lessons Learned from Word Embeddings"): nearer words weigh more, rare
contexts less, and components weigh by the square root of their strength.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.utils.extmath import randomized_svd

from tallygate.runtime.text import FIRST_WORD
from tallygate.train.counts import Ints, Tokens

WINDOW = 5
"""Words to either side; one at distance d counts 1 / d."""
CONTEXT_POWER = 0.75
"""What frequencies of contexts are raised to."""
LEAST = 0.4
"""Cells below it are left out: most of them are chance, and the matrix is half in size."""
_AT_ONCE = 1_000_000

Floats = NDArray[np.float32]


def vectors_from_tokens(tokens: Tokens, size: int, most_words: int, seed: int = 0) -> Floats:
    """float32 [words, size] of the first ``most_words`` words; a word that stands beside none is zeros.

    ``size`` is at most the number of words.
    """
    words = min(most_words, len(tokens.words))
    weights = _positive_information(counts_of(tokens, words))
    left, strengths, _ = randomized_svd(weights, n_components=size, random_state=seed)
    vectors: Floats = (left * np.sqrt(strengths)).astype(np.float32)
    return vectors


def counts_of(tokens: Tokens, words: int) -> csr_matrix:
    """float32 [words, words]: how often, and how near, each word stands beside each."""
    total = csr_matrix((words, words), dtype=np.float32)
    for left, right, distance in _pairs(tokens, words):
        share = np.full(len(left), 1.0 / distance, dtype=np.float32)
        total += coo_matrix((share, (left, right)), shape=(words, words)).tocsr()
    return (total + total.T).tocsr()


def _pairs(tokens: Tokens, words: int) -> Iterator[tuple[Ints, Ints, int]]:
    """Numbers of words that stand in one text at a distance, a piece at a time."""
    numbers = tokens.ids - FIRST_WORD
    text_of = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    for begin in range(0, len(numbers), _AT_ONCE):
        for distance in range(1, WINDOW + 1):
            end = min(begin + _AT_ONCE, len(numbers) - distance)
            if end <= begin:
                continue
            left, right = numbers[begin:end], numbers[begin + distance : end + distance]
            is_kept = (left >= 0) & (left < words) & (right >= 0) & (right < words)
            is_kept &= text_of[begin:end] == text_of[begin + distance : end + distance]
            yield left[is_kept], right[is_kept], distance


def _positive_information(counts: csr_matrix) -> csr_matrix:
    """ln(p(word, context) / (p(word) p(context)^power)), where it is at least :data:`LEAST`."""
    cells = counts.tocoo()
    of_word = np.asarray(counts.sum(axis=1)).ravel()
    of_context = of_word**CONTEXT_POWER
    chance = of_word[cells.row] * (of_context / max(of_context.sum(), 1e-9))[cells.col]
    information = np.log(np.maximum(cells.data, 1e-9) / chance).astype(np.float32)
    is_kept = information >= LEAST
    return csr_matrix((information[is_kept], (cells.row[is_kept], cells.col[is_kept])), shape=counts.shape)
