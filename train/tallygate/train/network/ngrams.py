"""The n-gram part in PyTorch: the reference that every copy is compared with (docs/ngrams.md).

Written apart from the runtime's own numpy, so that a mistake of one shows in the other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tallygate.runtime.ngrams import NgramShape


class NgramPart(nn.Module):
    """``(ids int64 [batch, time], lengths int64 [batch]) -> logits float32 [batch, outputs]``, to be added.

    It is made once and not trained by gradients, so all it holds are buffers.
    """

    def __init__(self, shape: NgramShape, words: int, outputs: int) -> None:
        super().__init__()
        self.shape, self.words = shape, words
        self.register_buffer("codes", torch.zeros(words + shape.slots, outputs, dtype=torch.int8))
        self.register_buffer("scales", torch.ones(outputs))
        self.register_buffer("displacements", torch.zeros(shape.buckets, 2, dtype=torch.uint8))
        self.register_buffer("fingerprints", torch.zeros(shape.slots, 2, dtype=torch.uint8))
        # Which n-gram stands in each slot: no engine needs it, but people and goldens do. It is not shipped.
        self.register_buffer("keys", torch.full((shape.slots,), -1, dtype=torch.int64))
        self.codes: Tensor
        self.scales: Tensor
        self.displacements: Tensor
        self.fingerprints: Tensor
        self.keys: Tensor
        """The columns of each slot's n-gram as one number, 19 bits each; -1 where nothing stands."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Sums of codes over the distinct rows of each text, times the scales."""
        whole = ids * (torch.arange(ids.shape[1], device=ids.device) < lengths.unsqueeze(1))
        rows = torch.cat([whole, self._ngram_rows(whole)], dim=1).sort(dim=1).values
        again = torch.zeros_like(rows, dtype=torch.bool)
        again[:, 1:] = rows[:, 1:] == rows[:, :-1]
        sums = self.codes[rows.masked_fill(again, 0)].sum(dim=1, dtype=torch.int32)
        return sums.float() * self.scales

    def count(self) -> int:
        """Weights: one per row that is not empty and logit."""
        return int((self.codes != 0).any(dim=1).sum()) * self.codes.shape[1]

    def shipped(self) -> dict[str, Tensor]:
        """The arrays that a copy needs, by name."""
        return {name: buffer for name, buffer in self.named_buffers() if name != "keys"}

    def ngrams(self) -> list[tuple[int, ...]]:
        """The ids of every n-gram in reading order, those of the largest codes first; 0 is an edge."""
        codes = self.codes[self.words :].abs().amax(dim=1).int().masked_fill(self.keys < 0, -1)
        order = codes.argsort(descending=True, stable=True)[: int((self.keys >= 0).sum())]
        return [self._in_reading_order(key) for key in self.keys[order].tolist()]

    def _in_reading_order(self, key: int) -> tuple[int, ...]:
        columns = [key >> 19 * place & 2**19 - 1 for place in range(self.shape.longest - 1, -1, -1)]
        if len(columns) == 3:
            middle, last, first = columns
            return (middle, last) if first == self.words else (first, middle, last)
        return tuple(columns)

    def _ngram_rows(self, whole: Tensor) -> Tensor:
        columns = self._columns(whole)
        bucket, place, step = (self._hash(columns, factors) for factors in self.shape.factors)
        displacement = _number(self.displacements[bucket * self.shape.buckets // 2**24])
        slots = (place + displacement * step) % 2**24 * self.shape.slots // 2**24
        known = (_number(self.fingerprints[slots]) == step // 2**8) & (columns[0] + columns[1] > 0)
        return torch.where(known, slots + self.words, torch.zeros_like(slots))

    def _columns(self, whole: Tensor) -> list[Tensor]:
        padded = nn.functional.pad(whole, (1, 1))
        pairs = padded.unfold(1, 2, 1).unbind(2)
        if self.shape.longest == 2:
            return list(pairs)
        first, middle, last = padded.unfold(1, 3, 1).unbind(2)
        beside = torch.full_like(pairs[0], self.words)
        both = zip((*pairs, beside), (middle, last, first), strict=True)
        return [torch.cat([pair, triple], dim=1) for pair, triple in both]

    def _hash(self, columns: list[Tensor], factors: tuple[int, ...]) -> Tensor:
        total = torch.zeros_like(columns[0])
        for column, factor in zip(columns, factors, strict=True):
            total = total + column * factor
        return total % 2**42 // 2**18


def _number(pairs: Tensor) -> Tensor:
    """uint8 [..., 2] -> int64 [...], the high byte first."""
    return pairs[..., 0].long() * 256 + pairs[..., 1].long()
