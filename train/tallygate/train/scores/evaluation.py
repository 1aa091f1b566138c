"""Scores of a model on a split, in float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score
from torch import Tensor

from tallygate.runtime.bundle import Score
from tallygate.train.loop import EncodedSplit, predicted, sorted_batches, tensors_of
from tallygate.train.network import LSTMClassifier

BATCH_SIZE = 64


def evaluate(model: LSTMClassifier, split: EncodedSplit) -> Tensor:
    """Logits of every row, in order: float32 [rows, outputs]. Dropout is off meanwhile."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    logits = torch.empty(len(split), model.architecture.outputs)
    with torch.inference_mode():
        for indices in sorted_batches(split, BATCH_SIZE):
            batch = tensors_of(split, indices).to(device)
            logits[torch.from_numpy(indices)] = model(batch.ids, batch.lengths).cpu()
    model.train(was_training)
    return logits


def score_from_logits(
    logits: Tensor, targets: NDArray[np.int64], data: str, split: Literal["validation", "test"]
) -> Score:
    """The score of each row's likeliest label. Raises :class:`ValueError` for no row at all."""
    return score_from_labels(predicted(logits).numpy(), targets, data, split)


def score_from_labels(
    found: NDArray[np.int64], targets: NDArray[np.int64], data: str, split: Literal["validation", "test"]
) -> Score:
    """Accuracy with its 95% interval, and the mean of the labels' F1 scores.

    Raises :class:`ValueError` for no row at all.
    """
    right = int((found == targets).sum())
    return Score(
        data=data,
        split=split,
        rows=len(targets),
        accuracy=right / len(targets),
        interval=wilson_interval(right, len(targets)),
        macro_f1=float(f1_score(targets, found, average="macro", zero_division=0.0)),
    )


def wilson_interval(right: int, rows: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927)."""
    interval = binomtest(right, rows).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def confusion_from_logits(logits: Tensor, targets: NDArray[np.int64], labels: Sequence[str]) -> list[list[int]]:
    """Rows by true label, columns by predicted label, both in the order of ``labels``."""
    matrix = confusion_matrix(targets, predicted(logits).numpy(), labels=range(len(labels)))
    return [[int(count) for count in row] for row in matrix]
