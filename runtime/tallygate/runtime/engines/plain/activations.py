"""The activation between the pooled features and the linear layer, in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.graph import ActivationName

Array = NDArray[np.float32]

__all__ = ["ACTIVATIONS", "LEAKY_SLOPE", "ActivationName", "sigmoid"]

LEAKY_SLOPE = 0.01
"""Slope of the leaky ReLU below 0, as Maas et al. 2013 have it and as ONNX and PyTorch do by default."""


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), written with tanh, which does not overflow."""
    result: Array = np.float32(0.5) * (np.tanh(np.float32(0.5) * z) + np.float32(1))
    return result


def _softplus(z: Array) -> Array:
    """ln(1 + e^z), written so that the exponential does not overflow."""
    result: Array = np.logaddexp(np.float32(0), z)
    return result


def _leaky_relu(z: Array) -> Array:
    result: Array = np.where(z > 0, z, np.float32(LEAKY_SLOPE) * z)
    return result


ACTIVATIONS: dict[ActivationName, Callable[[Array], Array]] = {
    "linear": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, np.float32(0)),
    "softplus": _softplus,
    "leaky-relu": _leaky_relu,
}
"""By name; each takes and gives float32 of any shape."""
