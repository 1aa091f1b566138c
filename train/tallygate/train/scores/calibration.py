"""Temperature scaling: one number that makes probabilities honest and changes no label."""

from __future__ import annotations

import math

from scipy.optimize import minimize_scalar
from torch import Tensor

from tallygate.train.loop import losses

LOWEST, HIGHEST = 0.25, 20.0
"""Bounds of a temperature. Without the lower one, logits that make no mistake on the validation rows have temperature
0, though all that such rows tell is that they were too few."""


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    """The temperature T for which ``logits / T`` make the labels likeliest.

    ``logits`` float [rows, outputs] and ``targets`` int64 [rows], of validation rows. The loss is convex in 1 / T.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
    """
    logits = logits.double()

    def loss(log_temperature: float) -> float:
        return losses(logits / math.exp(log_temperature), targets).mean().item()

    bounds = (math.log(LOWEST), math.log(HIGHEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return math.exp(float(found.x))
