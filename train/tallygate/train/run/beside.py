"""What stands beside a run's LSTM: the n-gram part, fitted apart and mixed in by what the validation texts say.

It is fitted anew where a run is resumed: that takes seconds and gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tallygate.train.loop import EncodedSplit, sorted_batches, tensors_of
from tallygate.train.network import LSTMClassifier, NgramPart
from tallygate.train.presets import Preset
from tallygate.train.run.data import RunData
from tallygate.train.wide import LinearNgrams, Mixture, fit_mixture, fit_ngrams, mixed_model, part_from_ngrams

_BATCH_SIZE = 64


@dataclass(frozen=True)
class Beside:
    """The n-grams of a run."""

    ngrams: LinearNgrams
    part: NgramPart
    validation: Tensor
    """Its logits for the validation texts, float32 [rows, outputs]."""

    def mixture(self, lstm: Tensor, targets: Tensor) -> Mixture:
        """The shares of LSTM and n-grams; ``lstm`` are the LSTM's logits for the validation texts."""
        return fit_mixture(lstm, self.validation, targets)

    def answers(self, split: EncodedSplit) -> Tensor:
        """What the n-grams answer alone, float32 [rows, outputs]."""
        return logits_of_part(self.part, self.ngrams, split)

    def mixed(self, lstm: Tensor, mixture: Mixture) -> Tensor:
        """Logits of both together for the validation texts."""
        return mixture.lstm_share * lstm + mixture.ngram_share * self.validation

    def model(self, model: LSTMClassifier, mixture: Mixture) -> LSTMClassifier:
        """Both as one model."""
        return mixed_model(model, self.ngrams, self.part, mixture)


def beside_of(preset: Preset, data: RunData) -> Beside | None:
    """Fit the n-grams on the labelled training texts, where the preset asks for them."""
    if preset.wide is None:
        return None
    labels, seed = len(data.labels), preset.training.seed
    ngrams = fit_ngrams(data.train.rows, data.train.targets, labels, data.vocabulary.size, preset.wide, seed)
    part = part_from_ngrams(ngrams)
    return Beside(ngrams, part, logits_of_part(part, ngrams, data.validation))


def logits_of_part(part: NgramPart, ngrams: LinearNgrams, split: EncodedSplit) -> Tensor:
    """float32 [rows, outputs]: what the part answers alone, by its codes, so as it will be shipped."""
    logits = torch.empty(len(split), len(ngrams.intercepts))
    for indices in sorted_batches(split, _BATCH_SIZE):
        batch = tensors_of(split, indices)
        logits[torch.from_numpy(indices)] = part(batch.ids, batch.lengths) + torch.from_numpy(ngrams.intercepts)
    return logits
