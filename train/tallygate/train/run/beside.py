"""What stands beside a run's LSTM: the n-gram part, fitted apart and mixed in by what the validation texts say.

It is fitted anew where a run is resumed: that takes seconds and gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tallygate.train.network import LSTMClassifier, NgramPart
from tallygate.train.presets import Preset
from tallygate.train.run.data import RunData
from tallygate.train.wide import LinearNgrams, Mixture, fit_mixture, fit_ngrams, mixed_model, part_from_ngrams


@dataclass(frozen=True)
class Beside:
    """The n-grams of a run."""

    ngrams: LinearNgrams
    part: NgramPart
    validation: Tensor
    """Its logits for the validation texts, float32 [rows, outputs], as the part gives them."""

    def mixture(self, lstm: Tensor, targets: Tensor) -> Mixture:
        """The shares of LSTM and n-grams; ``lstm`` are the LSTM's logits for the validation texts."""
        return fit_mixture(lstm, self.validation, targets)

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
    return Beside(ngrams, part_from_ngrams(ngrams), torch.from_numpy(ngrams.logits(data.validation.rows)))
