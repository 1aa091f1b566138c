"""How far a model's confidence is from its accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tallygate.runtime.prediction import label_indices, probabilities_from_logits

BINS = 15
"""As in Guo et al. 2017, section 2; of equal width, each with its upper edge."""


@dataclass(frozen=True)
class Confidences:
    """What a model said of each row, and whether it was right."""

    confidence: NDArray[np.float64]
    """[rows]: probability of the predicted label."""
    right: NDArray[np.bool_]
    """[rows]: whether that is the true label."""


class Bin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows whose confidence falls between two edges; there is at least one."""

    low: float
    """Lower edge, which is not in the bin; the upper one is 1 / ``BINS`` above and is."""
    rows: int
    confidence: float
    """Mean over the rows."""
    accuracy: float


class Reliability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accuracy by confidence."""

    error: float
    """Expected calibration error, 0 to 1."""
    bins: list[Bin]
    """Those that hold a row, by rising confidence."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one split, without and with temperatures, which were fitted to the validation split."""

    split: str
    before: Reliability
    after: Reliability


def confidences_from_logits(
    logits: Tensor, targets: NDArray[np.int64], temperature: float | NDArray[np.float64]
) -> Confidences:
    """``logits`` float32 [rows, outputs] and the true labels [rows], by the probabilities that the runtime gives.

    ``temperature`` is one number, or one per row, [rows].
    """
    array = logits.numpy()
    probabilities = probabilities_from_logits(array, temperature)
    return Confidences(probabilities.max(axis=1), label_indices(array) == targets)


def reliability(answers: Confidences) -> Reliability:
    """The expected calibration error, and the bins that it is made of.

    ECE = sum over the bins B of ``|B| / n * |accuracy(B) - confidence(B)|``, for n rows.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equations 2 and 3.
    Raises :class:`ValueError` for no row at all.
    """
    if not len(answers.confidence):
        raise ValueError("no row")
    edges = np.linspace(0.0, 1.0, BINS + 1)
    places = np.digitize(answers.confidence, edges[1:-1], right=True)
    bins = [_bin(answers, places == place, float(edges[place])) for place in np.unique(places)]
    error = sum(bin_.rows * abs(bin_.accuracy - bin_.confidence) for bin_ in bins) / len(places)
    return Reliability(error=error, bins=bins)


def calibration_from_logits(
    split: str, logits: Tensor, targets: NDArray[np.int64], temperature: float | NDArray[np.float64]
) -> Calibration:
    """Both reliabilities of one split; arguments as of :func:`confidences_from_logits`."""
    before, after = (reliability(confidences_from_logits(logits, targets, t)) for t in (1.0, temperature))
    return Calibration(split=split, before=before, after=after)


def _bin(answers: Confidences, chosen: NDArray[np.bool_], low: float) -> Bin:
    confidence, right = answers.confidence[chosen], answers.right[chosen]
    return Bin(low=low, rows=len(right), confidence=float(confidence.mean()), accuracy=float(right.mean()))
