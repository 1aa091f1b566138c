"""What training minimises."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


def losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Negative log-likelihood in nats of each row's label: float [batch].

    ``logits`` float [batch, outputs], ``targets`` int64 [batch]. One logit means two labels (binary cross entropy,
    positive for label 1), more mean one each (cross entropy).
    """
    if logits.shape[1] == 1:
        targets = targets.to(logits.dtype)
        return functional.binary_cross_entropy_with_logits(logits.squeeze(1), targets, reduction="none")
    return functional.cross_entropy(logits, targets, reduction="none")


def soft_losses(logits: Tensor, probabilities: Tensor) -> Tensor:
    """Cross entropy in nats of each row with the probabilities of its labels: float [batch].

    ``logits`` float [batch, outputs], ``probabilities`` float [batch, labels].
    """
    if logits.shape[1] == 1:
        wanted = probabilities[:, 1].to(logits.dtype)
        return functional.binary_cross_entropy_with_logits(logits.squeeze(1), wanted, reduction="none")
    return functional.cross_entropy(logits, probabilities, reduction="none")


def smoothed(probabilities: Tensor, smoothing: float) -> Tensor:
    """Spread the share ``smoothing`` of float [batch, labels] evenly over all labels (Szegedy et al. 2016)."""
    return probabilities * (1.0 - smoothing) + smoothing / probabilities.shape[1]


def predicted(logits: Tensor) -> Tensor:
    """Position of the likeliest label: int64 [batch]."""
    if logits.shape[1] == 1:
        return (logits.squeeze(1) > 0).long()
    return logits.argmax(dim=1)


def balanced_weights(targets: NDArray[np.int64], labels: int) -> Tensor:
    """Weight of each label, rows / (labels x rows of that label): float [labels], 1 on average over the rows.

    A label without a row has weight 0.
    """
    counts = torch.from_numpy(np.bincount(targets, minlength=labels)).float()
    return torch.where(counts > 0, len(targets) / (labels * counts), torch.zeros(()))
