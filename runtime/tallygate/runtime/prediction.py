"""What an answer is, and how logits become one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one text."""

    label: str
    score: float
    """Calibrated probability of ``label``."""
    probabilities: dict[str, float]
    """Calibrated probability by label; they add up to 1."""
    logits: tuple[float, ...]
    """Uncalibrated: one for two labels (positive means the second), else one per label."""
    engine: str
    """Engine that computed it."""
    precision: str
    """Variant that computed it."""
    provider: str
    """Device or library that computed it."""


def probabilities_from_logits(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """[batch, outputs] -> [batch, labels]: a sigmoid for one output, else a softmax, of ``logits / temperature``."""
    return np.array([_probabilities(row, temperature) for row in logits.tolist()], np.float64)


def _probabilities(logits: list[float], temperature: float) -> list[float]:
    """Of one row, in plain Python: numpy's calls would cost a single text more than all that they compute."""
    scaled = [value / temperature for value in (logits if len(logits) > 1 else (0.0, *logits))]
    largest = max(scaled)
    powers = [math.exp(value - largest) for value in scaled]
    total = sum(powers)
    return [power / total for power in powers]


def label_indices(logits: NDArray[np.float32]) -> NDArray[np.intp]:
    """[batch, outputs] -> [batch]: index of the predicted label."""
    if logits.shape[1] == 1:
        return (logits[:, 0] > 0).astype(np.intp)
    result: NDArray[np.intp] = logits.argmax(axis=1)
    return result


@dataclass(frozen=True)
class PredictionMaker:
    """Turns logits into predictions."""

    labels: Sequence[str]
    temperature: float
    engine: str
    precision: str
    provider: str

    def make(self, logits: NDArray[np.float32]) -> list[Prediction]:
        """[batch, outputs] -> a :class:`Prediction` per row."""
        rows = zip(label_indices(logits).tolist(), logits.tolist(), strict=True)
        return [self._prediction(index, values) for index, values in rows]

    def _prediction(self, index: int, logits: list[float]) -> Prediction:
        probabilities = _probabilities(logits, self.temperature)
        return Prediction(
            label=self.labels[index],
            score=probabilities[index],
            probabilities=dict(zip(self.labels, probabilities, strict=True)),
            logits=tuple(logits),
            engine=self.engine,
            precision=self.precision,
            provider=self.provider,
        )
