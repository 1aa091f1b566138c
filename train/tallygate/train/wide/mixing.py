"""How much of the answer is the LSTM's and how much the n-grams'."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from tallygate.train.loop import losses

FEWEST_ROWS = 200
"""Validation rows below which both have the same share: fewer cannot tell."""
EQUAL = 0.5
_PULL = 0.002
"""Weight of the squared distance of each logarithm from that of :data:`EQUAL`: what a few rows say counts less."""


@dataclass(frozen=True)
class Mixture:
    """``lstm_share * LSTM + ngram_share * n-grams``."""

    lstm_share: float = EQUAL
    ngram_share: float = EQUAL


def fit_mixture(lstm: Tensor, ngrams: Tensor, targets: Tensor) -> Mixture:
    """The shares that make the labels of validation rows likeliest.

    ``lstm`` and ``ngrams`` are logits, float [rows, outputs]; ``targets`` int64 [rows].
    """
    if len(targets) < FEWEST_ROWS:
        return Mixture()
    both = torch.stack([lstm.double(), ngrams.double()])

    def loss(logarithms: NDArray[np.float64]) -> float:
        shares = torch.from_numpy(np.exp(logarithms)).reshape(2, 1, 1)
        pull = float(((logarithms - math.log(EQUAL)) ** 2).sum())
        return losses((both * shares).sum(dim=0), targets).mean().item() + _PULL * pull

    bounds = [(math.log(0.01), math.log(10.0))] * 2
    found = minimize(loss, np.full(2, math.log(EQUAL)), method="L-BFGS-B", bounds=bounds)
    return Mixture(*(round(math.exp(value), 6) for value in found.x))
