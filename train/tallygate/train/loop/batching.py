"""Which rows stand together in a batch. Rows of like length do, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from tallygate.runtime.batches import pad
from tallygate.runtime.text import Tokenizer

WINDOW = 50
"""Batches that are sorted by length together; the window is shuffled first, so no two epochs have the same batches."""

Indices = NDArray[np.int64]
"""[batch] positions of rows in a split."""


@dataclass(frozen=True)
class EncodedSplit:
    """A split as the network sees it."""

    rows: list[list[int]]
    """Ids of each text, at least one."""
    targets: NDArray[np.int64]
    """[rows] position of each row's label among the corpus' labels."""
    probabilities: NDArray[np.float32] | None = None
    """[rows, labels] what a teacher says of each row, which is learnt in the place of ``targets``."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)


@dataclass(frozen=True)
class TensorBatch:
    """A batch for the network."""

    ids: Tensor
    """int64 [batch, time]."""
    lengths: Tensor
    """int64 [batch]."""
    targets: Tensor
    """int64 [batch]."""
    weight: float = 1.0
    """Of the batch's mean loss, where several processes share a larger batch; 0 where the rows are a stand-in."""
    probabilities: Tensor | None = None
    """float32 [batch, labels], where a teacher's are learnt."""

    def to(self, device: torch.device) -> TensorBatch:
        """The same batch on that device."""
        probabilities = None if self.probabilities is None else self.probabilities.to(device)
        ids, lengths, targets = (tensor.to(device) for tensor in (self.ids, self.lengths, self.targets))
        return TensorBatch(ids, lengths, targets, self.weight, probabilities)


def encode(texts: Sequence[str], targets: ArrayLike, tokenizer: Tokenizer) -> EncodedSplit:
    """Turn texts into ids; ``targets`` are the positions of their labels."""
    return EncodedSplit([tokenizer.encode(text) for text in texts], np.asarray(targets, dtype=np.int64))


def shuffled_batches(split: EncodedSplit, batch_size: int, seed: int, epoch: int) -> list[Indices]:
    """One epoch: every row once, in an order that ``(seed, epoch)`` decides; only one batch can be smaller.

    Rows are shuffled, sorted by length inside windows of :data:`WINDOW` batches, and cut into batches, which are
    shuffled again so that lengths come in no order.
    """
    generator = np.random.default_rng([seed, epoch])
    lengths = _lengths(split)
    order = generator.permutation(len(split))
    window = WINDOW * batch_size
    pieces = (order[start : start + window] for start in range(0, len(order), window))
    batches = [batch for piece in pieces for batch in _cut(_by_length(piece, lengths), batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]


def sorted_batches(split: EncodedSplit, batch_size: int) -> list[Indices]:
    """Every row once, the shortest first: for evaluation."""
    return _cut(_by_length(np.arange(len(split)), _lengths(split)), batch_size)


def tensors_of(split: EncodedSplit, indices: Indices, time: int | None = None) -> TensorBatch:
    """The rows at ``indices``, padded to the longest of them or to ``time``."""
    batch = pad([split.rows[index] for index in indices], time)
    targets = torch.from_numpy(split.targets[indices])
    probabilities = None if split.probabilities is None else torch.from_numpy(split.probabilities[indices])
    ids, lengths = torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths)
    return TensorBatch(ids, lengths, targets, probabilities=probabilities)


def _lengths(split: EncodedSplit) -> NDArray[np.int64]:
    return np.fromiter(map(len, split.rows), dtype=np.int64, count=len(split))


def _by_length(indices: Indices, lengths: NDArray[np.int64]) -> Indices:
    return indices[np.argsort(lengths[indices], kind="stable")]


def _cut(indices: Indices, size: int) -> list[Indices]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]
