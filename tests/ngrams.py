"""n-gram parts for tests, from dictionaries of n-grams and their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from tallygate.runtime.ngrams import NgramTables, as_bytes
from tallygate.train.network import NgramPart
from tallygate.train.wide import perfect_hash


def ngram_columns(ngrams: Sequence[tuple[int, ...]], longest: int, words: int) -> np.ndarray:
    """The columns of bigrams and trigrams in reading order, as docs/ngrams.md has them: int64 [longest, n-grams]."""
    beside = (words,) if longest == 3 else ()
    columns = [(*n, *beside) if len(n) == 2 else (n[1], n[2], n[0]) for n in ngrams]
    return np.array(columns, dtype=np.int64).reshape(-1, longest).T


def tables_of(
    codes: Mapping[tuple[int, ...], np.ndarray], words: int, longest: int, columns: np.ndarray | None = None
) -> NgramTables:
    """The part with these words and n-grams; with the n-grams of ``columns``, all of code 1, where that is given."""
    ngrams = [ngram for ngram in codes if len(ngram) > 1]
    found = perfect_hash(ngram_columns(ngrams, longest, words) if columns is None else columns)
    outputs = len(next(iter(codes.values()))) if codes else 1
    table = np.zeros((words + found.shape.slots, outputs), np.int8)
    for ngram, code in codes.items():
        if len(ngram) == 1:
            table[ngram[0]] = code
    table[words + found.slots] = 1 if columns is not None else [codes[n] for n in ngrams] or np.zeros((0, outputs))
    scales = np.linspace(0.01, 0.02, outputs, dtype=np.float32)
    return NgramTables(found.shape, words, table, scales, found.displacements, found.fingerprints)


def torch_part(tables: NgramTables) -> NgramPart:
    """The same in PyTorch."""
    part = NgramPart(tables.shape, tables.words, tables.codes.shape[1])
    arrays = {
        "codes": tables.codes,
        "scales": tables.scales,
        "displacements": as_bytes(tables.displacements),
        "fingerprints": as_bytes(tables.fingerprints),
    }
    part.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()}, strict=False)
    return part


def random_part(words: int, outputs: int, longest: int, seed: int = 0) -> NgramPart:
    """Half of all bigrams of few words, and some trigrams, with random codes: any text of these words has many."""
    rng = np.random.default_rng(seed)
    every: list[tuple[int, ...]] = [(a, b) for a in range(words) for b in range(words) if a + b and rng.random() < 0.5]
    if longest == 3:
        every += [(a, b, c) for a in range(words) for b in range(1, words) for c in range(words) if rng.random() < 0.1]
    codes = {ngram: rng.integers(-127, 128, outputs) for ngram in every}
    codes |= {(word,): rng.integers(-127, 128, outputs) for word in range(1, words)}
    return torch_part(tables_of(codes, words, longest))
