"""Which words and n-grams stand in texts, by exact keys: training counts what the graph's perfect hash will find.

A key is the columns of an n-gram (docs/ngrams.md) as one number, 19 bits each, so no two n-grams share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tallygate.runtime.batches import pad
from tallygate.runtime.ngrams import columns_of
from tallygate.train.counts import find_keys

_BITS = 19
_BATCH = 512
_MASK = 2**_BITS - 1

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Features:
    """The words and n-grams that are told apart: column ``id`` is a word, column ``words + place`` an n-gram."""

    longest: int
    words: int
    """Ids of the vocabulary."""
    keys: Ints
    """Sorted keys of the n-grams that are kept."""

    @classmethod
    def of_texts(cls, rows: Sequence[Sequence[int]], words: int, longest: int, least_texts: int) -> Features:
        """All n-grams that stand in at least ``least_texts`` of the texts, which are ids of ``words`` words."""
        _, keys = _pairs(rows, words, longest)
        found, counts = np.unique(keys, return_counts=True)
        return cls(longest, words, found[counts >= least_texts])

    def __len__(self) -> int:
        """Number of columns."""
        return self.words + len(self.keys)

    def presence(self, rows: Sequence[Sequence[int]]) -> csr_matrix:
        """float32 [texts, columns]: 1 where the word or n-gram stands in the text."""
        texts, keys = _pairs(rows, self.words, self.longest)
        known, places = find_keys(self.keys, keys)
        word_texts = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        words = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows] or [np.zeros(0, np.int64)])
        at = np.unique(
            np.concatenate([word_texts, texts[known]]) * len(self) + np.concatenate([words, places + self.words])
        )
        ones = np.ones(len(at), dtype=np.float32)
        return csr_matrix((ones, (at // len(self), at % len(self))), shape=(len(rows), len(self)))

    def kept(self, columns: NDArray[np.bool_]) -> Features:
        """The same with those n-grams only; ``columns`` [n-grams]."""
        return Features(self.longest, self.words, self.keys[columns])

    def columns(self) -> Ints:
        """int64 [longest, n-grams]: the columns of each n-gram."""
        shifts = range(_BITS * (self.longest - 1), -1, -_BITS)
        return np.stack([self.keys >> shift & _MASK for shift in shifts])


def ngram_keys(columns: Ints) -> Ints:
    """The key of each n-gram; ``columns`` [longest, ...] as docs/ngrams.md has them."""
    key = np.zeros(columns.shape[1:], dtype=np.int64)
    for column in columns:
        key = key << _BITS | column
    return key


def _pairs(rows: Sequence[Sequence[int]], words: int, longest: int) -> tuple[Ints, Ints]:
    """Text and key of each n-gram, once per text."""
    texts, keys = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    for start in range(0, len(order), _BATCH):
        places = np.array(order[start : start + _BATCH])
        batch = pad([list(rows[place]) for place in places])
        columns = columns_of(batch.ids, batch.lengths, longest, words)
        found = ngram_keys(columns)
        found[columns[0] + columns[1] == 0] = -1
        found.sort(axis=1)
        first = np.diff(found, axis=1, prepend=-1) > 0
        texts.append(places[np.nonzero(first)[0]])
        keys.append(found[first])
    return np.concatenate(texts), np.concatenate(keys)
