"""What tests of the loop share: rows that a small network learns in a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tallygate.train.loop.batching import EncodedSplit
from tallygate.train.loop.objective import losses
from tallygate.train.loop.trainer import Trainer, new_model
from tallygate.train.network.model import Architecture
from tallygate.train.presets.training import TrainingPreset
from tallygate.train.scores.evaluation import evaluate

ROWS = 60


@dataclass
class Toy:
    """Rows whose label is the word that stands in them."""

    labels: int = 2

    @property
    def split(self) -> EncodedSplit:
        generator = np.random.default_rng(0)
        targets = np.arange(ROWS, dtype=np.int64) % self.labels
        rows = [[2 + int(target), *generator.integers(6, 20, generator.integers(1, 9))] for target in targets]
        return EncodedSplit([[int(word) for word in row] for row in rows], targets)

    def trainer(self, **fields: Any) -> Trainer:  # noqa: ANN401
        defaults = {"epochs": 5, "batch_size": 8, "learning_rate": 0.02, "precision": "float32"}
        preset = TrainingPreset(**defaults | fields)
        outputs = 1 if self.labels == 2 else self.labels
        architecture = Architecture(vocabulary_size=20, embedding_size=6, hidden_size=8, outputs=outputs, dropout=0.2)
        model = new_model(architecture, preset.seed)
        return Trainer(model, preset, self.split, self.labels, preset.precision)  # type: ignore[arg-type]


def weights(trainer: Trainer) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in trainer.evaluated.parameters()])


def mean_loss(trainer: Trainer) -> float:
    split = trainer.train
    return losses(evaluate(trainer.evaluated, split), torch.from_numpy(split.targets)).mean().item()
