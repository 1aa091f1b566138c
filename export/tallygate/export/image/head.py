"""The head of the integer LSTM: weights of 20 bits behind the point, and its activation where it has one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tallygate.export.image.function_tables import head_table
from tallygate.runtime.engines.integer import STATE_ONE, Head
from tallygate.runtime.engines.plain import LEAKY_SLOPE, ActivationName, Weights
from tallygate.runtime.errors import VariantUnfitError

Floats = NDArray[np.float64]
_WEIGHT_ONE = 2.0**20
_TABLES: dict[ActivationName, tuple[Callable[[Floats], Floats], float]] = {
    "tanh": (np.tanh, 32_000.0),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 32_000.0),
    "softplus": (lambda x: np.logaddexp(0.0, x), 16_000.0),
    "leaky-relu": (lambda x: np.where(x > 0, x, LEAKY_SLOPE * x), 32_000.0),
}
"""By name: the function over pooled states, and the code of 1."""


def head_from_weights(weights: Weights) -> Head:
    """The head in integers. Raises :class:`VariantUnfitError` for weights beyond 2,047."""
    codes = np.rint(weights.head_weight.astype(np.float64) * _WEIGHT_ONE)
    if not np.abs(codes).max() < 2**31:
        raise VariantUnfitError("the integer variant", "has a head weight beyond 2,047", "leave the variant out")
    name, table, one = weights.head_activation, None, float(STATE_ONE)
    if name in _TABLES:
        function, one = _TABLES[name]
        table = head_table(function, one)
    return Head(
        weights=codes.astype(np.int32),
        bias=weights.head_bias.astype(np.float64),
        scale=1.0 / (one * _WEIGHT_ONE),
        activation="table" if table is not None else "relu" if name == "relu" else "linear",
        table=table,
    )
