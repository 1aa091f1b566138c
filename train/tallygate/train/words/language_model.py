"""Pretraining: embedding and LSTM learn to predict the next word before they learn to classify (Dai & Le 2015).

The softmax over all words is sampled: each next word is told from words drawn by frequency to the power 3/4, with the
log of how often each is drawn taken off its score (Jean et al. 2015). Word vectors of the output are their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from tallygate.runtime.text import UNKNOWN
from tallygate.train.folder import read_tensors, restore_training, training_tensors, write_tensors
from tallygate.train.loop import EncodedSplit, TensorBatch, cosine_share, shuffled_batches, tensors_of
from tallygate.train.network import LSTMClassifier, LSTMLayer, Precision, autocast, reverse_within_length
from tallygate.train.presets import LanguageModelPreset
from tallygate.train.say import say

INPUT_DROPOUT, OUTPUT_DROPOUT = 0.05, 0.1
POWER = 0.75
"""Of a word's count, by which negatives are drawn (Mikolov et al. 2013)."""
PARTS = 4
"""Times per epoch that the state is written."""


class NextWord(nn.Module):
    """A classifier's first layer and what turns its states into the next word, for each direction."""

    def __init__(self, classifier: LSTMClassifier, counts: Tensor) -> None:
        """``counts`` float [rows]: how often each row of the embedding stands in the texts."""
        super().__init__()
        self.embedding = classifier.embedding
        layer = classifier.lstm[0]
        assert isinstance(layer, LSTMLayer)
        both = [layer.forward_lstm, *([layer.backward_lstm] if layer.backward_lstm is not None else [])]
        self.lstms = nn.ModuleList(both)
        units, size = classifier.architecture.hidden_size, classifier.architecture.embedding_size
        self.projections = nn.ModuleList(nn.Linear(units, size) for _ in self.lstms)
        self.words = nn.Embedding(len(counts), size)
        self.bias = nn.Parameter(torch.log((counts + 1) / (counts.sum() + len(counts))))
        with torch.no_grad():
            self.words.weight *= 0.1

    def forward(self, batch: TensorBatch, share: float, negatives: Tensor, log_drawn: Tensor) -> Tensor:
        """Mean loss in nats of a random ``share`` of the next words, over all directions.

        ``negatives`` int64 [drawn], ``log_drawn`` float [rows]: the log of how often each row is drawn on average.
        """
        losses = []
        for index, lstm in enumerate(self.lstms):
            ids = batch.ids if index == 0 else reverse_within_length(batch.ids.unsqueeze(2), batch.lengths).squeeze(2)
            following = ids[:, 1:]
            asked = (following > UNKNOWN) & (torch.rand(following.shape, device=ids.device) < share)
            states = lstm(functional.dropout(self.embedding(ids[:, :-1]), INPUT_DROPOUT))
            guesses = self.projections[index](functional.dropout(states[asked], OUTPUT_DROPOUT))
            losses.append(self._loss(guesses, following[asked], negatives, log_drawn))
        return torch.stack(losses).mean()

    def _loss(self, guesses: Tensor, wanted: Tensor, negatives: Tensor, log_drawn: Tensor) -> Tensor:
        offset = self.bias - log_drawn
        right = (guesses.float() * self.words(wanted)).sum(1) + offset[wanted]
        others = functional.linear(guesses, self.words(negatives)).float() + offset[negatives]
        others = others.masked_fill(negatives == wanted.unsqueeze(1), -1e4)
        scores = torch.cat([right.unsqueeze(1), others], dim=1)
        loss: Tensor = (scores.logsumexp(dim=1) - right).mean() if len(wanted) else right.sum()
        return loss


class Pretraining:
    """A language model on its way; it goes on from ``path`` where that holds an earlier part."""

    def __init__(
        self,
        model: LSTMClassifier,
        rows: Sequence[list[int]],
        preset: LanguageModelPreset,
        seed: int,
        precision: Precision,
        path: Path,
    ) -> None:
        """``model`` is trained in place, on the device where it is."""
        self._preset, self._seed, self._precision, self._path = preset, seed, precision, path
        self._split = EncodedSplit([row for row in rows if len(row) > 1], np.zeros(len(rows), dtype=np.int64))
        self._device = next(model.parameters()).device
        counts = _counts(self._split.rows, model.architecture.vocabulary_size)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = NextWord(model, torch.from_numpy(counts).float()).to(self._device)
        chances = torch.from_numpy(counts**POWER).to(self._device)
        self._chances = chances / chances.sum()
        self._log_drawn = torch.log(self._chances * preset.negatives + 1e-12).float()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=preset.learning_rate, weight_decay=0.0)
        self.average = None

    def run(self) -> None:
        """Train the parts that are left; the state is written after each."""
        done = self._restored_parts()
        total = self._preset.epochs * PARTS
        for part in tqdm(
            range(done, total), initial=done, total=total, desc="language model", disable=None, leave=False
        ):
            loss = self._run_part(part)
            write_tensors(self._path, training_tensors(self), {"parts": str(part + 1)})
            say(f"language model {part + 1}/{total}: loss {loss:.4f} against {self._preset.negatives} other words")

    def _restored_parts(self) -> int:
        if not self._path.exists():
            return 0
        tensors, facts = read_tensors(self._path)
        restore_training(self, tensors)
        return int(facts["parts"])

    def _run_part(self, part: int) -> float:
        batches = self._batches(part)
        total = self._preset.epochs * PARTS
        losses = []
        self.model.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(np.random.SeedSequence([self._seed, part]).generate_state(1)[0]))
            for index, indices in enumerate(batches):
                self._set_learning_rate(part * len(batches) + index, (part + index / len(batches)) / total)
                losses.append(self._step(tensors_of(self._split, indices).to(self._device)))
        return float(np.mean(losses))

    def _batches(self, part: int) -> list[NDArray[np.int64]]:
        batches = shuffled_batches(self._split, self._preset.batch_size, self._seed, part // PARTS)
        return batches[part % PARTS :: PARTS]

    def _step(self, batch: TensorBatch) -> float:
        negatives = torch.multinomial(self._chances, self._preset.negatives, replacement=True)
        self.optimizer.zero_grad()
        with autocast(self._precision, self._device.type):
            loss = self.model(batch, self._preset.share, negatives, self._log_drawn)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.item())

    def _set_learning_rate(self, step: int, done: float) -> None:
        rising = min(1.0, (step + 1) / max(self._preset.warmup_steps, 1))
        for group in self.optimizer.param_groups:
            group["lr"] = self._preset.learning_rate * rising * cosine_share(done)


def _counts(rows: Sequence[list[int]], size: int) -> NDArray[np.float64]:
    """float64 [size]: how often each row stands, 0 for padding and unknown."""
    counts = np.zeros(size, dtype=np.float64)
    for row in _pieces(rows):
        counts += np.bincount(row, minlength=size)
    counts[: UNKNOWN + 1] = 0.0
    return counts


def _pieces(rows: Sequence[list[int]]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(rows), 1000):
        yield np.concatenate([np.asarray(row, dtype=np.int64) for row in rows[start : start + 1000]])
