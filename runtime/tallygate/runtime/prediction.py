"""What an answer is, and how logits become one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tallygate.runtime.errors import UsageError

if TYPE_CHECKING:  # a process that asks the C core alone never loads numpy
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one text."""

    label: str | None
    """``None`` where the caller asked to abstain below a score that this one does not reach."""
    score: float
    """Calibrated probability of :attr:`likeliest`."""
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

    @property
    def likeliest(self) -> str:
        """``label``, or what it would be without abstaining."""
        return max(self.probabilities, key=self.probabilities.__getitem__) if self.label is None else self.label


def probabilities_from_logits(
    logits: NDArray[np.float32], temperature: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """[batch, outputs] -> [batch, labels]: a sigmoid for one output, else a softmax, of ``logits / temperature``.

    ``temperature`` is one number, or one per row, [batch].
    """
    import numpy as np

    each = np.broadcast_to(temperature, len(logits)).tolist()
    return np.array([_probabilities(row, t) for row, t in zip(logits.tolist(), each, strict=True)], np.float64)


def _probabilities(logits: Sequence[float], temperature: float) -> list[float]:
    """Of one row, in plain Python: numpy's calls would cost a single text more than all that they compute."""
    scaled = [value / temperature for value in (logits if len(logits) > 1 else (0.0, *logits))]
    largest = max(scaled)
    powers = [math.exp(value - largest) for value in scaled]
    total = sum(powers)
    return [power / total for power in powers]


def label_indices(logits: NDArray[np.float32]) -> NDArray[np.intp]:
    """[batch, outputs] -> [batch]: index of the predicted label."""
    import numpy as np

    if logits.shape[1] == 1:
        return (logits[:, 0] > 0).astype(np.intp)
    result: NDArray[np.intp] = logits.argmax(axis=1)
    return result


def _label_index(row: Sequence[float]) -> int:
    """As :func:`label_indices`, for one row."""
    return int(row[0] > 0) if len(row) == 1 else row.index(max(row))


def check_threshold(abstain_below: float, given: str | None = None) -> float:
    """Give the threshold back. Raises :class:`UsageError`, which quotes ``given``, unless it is from 0 to 1."""
    if not 0.0 <= abstain_below <= 1.0:
        thing = given or f"abstain_below {abstain_below}"
        raise UsageError(thing, "is no probability", "give a number from 0 to 1")
    return abstain_below


@dataclass(frozen=True)
class PredictionMaker:
    """Turns logits into predictions."""

    labels: Sequence[str]
    temperatures: Sequence[float]
    """What logits are divided by for 1, 2, ... tokens; the last one for all longer texts."""
    engine: str
    precision: str
    provider: str

    def make(self, logits: NDArray[np.float32], tokens: Sequence[int], abstain_below: float = 0.0) -> list[Prediction]:
        """[batch, outputs] -> a :class:`Prediction` per row, with no label if its score is below ``abstain_below``.

        ``tokens`` [batch] is how many were read of each text, at least 1.
        """
        return self.make_rows(logits.tolist(), tokens, abstain_below)

    def make_rows(
        self, rows: Sequence[Sequence[float]], tokens: Sequence[int], abstain_below: float = 0.0
    ) -> list[Prediction]:
        """As :meth:`make`, for rows of plain numbers that float32 holds."""
        pairs = zip(rows, tokens, strict=True)
        return [self._prediction(_label_index(row), row, count, abstain_below) for row, count in pairs]

    def _prediction(self, index: int, logits: Sequence[float], tokens: int, abstain_below: float) -> Prediction:
        probabilities = _probabilities(logits, self.temperatures[min(tokens, len(self.temperatures)) - 1])
        return Prediction(
            label=None if probabilities[index] < abstain_below else self.labels[index],
            score=probabilities[index],
            probabilities=dict(zip(self.labels, probabilities, strict=True)),
            logits=tuple(logits),
            engine=self.engine,
            precision=self.precision,
            provider=self.provider,
        )
