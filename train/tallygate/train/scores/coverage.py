"""How many texts are answered, and how many of those rightly, by a model that abstains below a score."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallygate.train.scores.calibration_error import Confidences

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


class CoveragePoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``predict --abstain-below`` does at one threshold."""

    threshold: float
    answered: float
    """Share of the texts whose score is not below it, 0 to 1."""
    accuracy: float | None
    """Share of right labels among those; ``None`` where there is none."""


def coverage_points(answers: Confidences) -> list[CoveragePoint]:
    """A point per threshold of ``THRESHOLDS``."""
    return [_point(answers, threshold) for threshold in THRESHOLDS]


def coverage_curve(answers: Confidences) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share answered and accuracy among those at every threshold that some score has, from the highest down.

    Both float64 [thresholds]; the last is all rows. Source: the risk-coverage curve of El-Yaniv and Wiener 2010,
    "On the Foundations of Noise-free Selective Classification", with accuracy for 1 - risk.
    """
    order = np.argsort(-answers.confidence, kind="stable")
    confidence, answered = answers.confidence[order], np.arange(1, len(order) + 1)
    accuracy = np.cumsum(answers.right[order]) / answered
    is_last_of_its_score = np.append(confidence[1:] != confidence[:-1], True)
    return (answered / len(order))[is_last_of_its_score], accuracy[is_last_of_its_score]


def _point(answers: Confidences, threshold: float) -> CoveragePoint:
    right = answers.right[answers.confidence >= threshold]
    accuracy = float(right.mean()) if len(right) else None
    return CoveragePoint(threshold=threshold, answered=len(right) / len(answers.right), accuracy=accuracy)
