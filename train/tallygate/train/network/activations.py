"""Activations in PyTorch, with their formulas: the choices of the classifier head, and what the study draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from tallygate.runtime.engines.plain import LEAKY_SLOPE, ActivationName


@dataclass(frozen=True)
class Activation:
    """One function of z, element by element."""

    function: Callable[[Tensor], Tensor]
    formula: str
    derivative: str
    """Formula of its derivative, in terms of z and of f, the function's value."""


ACTIVATIONS: dict[ActivationName, Activation] = {
    "linear": Activation(lambda z: z, "z", "1"),
    "sigmoid": Activation(torch.sigmoid, "1 / (1 + e^-z)", "f (1 - f)"),
    "tanh": Activation(torch.tanh, "(e^z - e^-z) / (e^z + e^-z)", "1 - f^2"),
    "relu": Activation(torch.relu, "max(0, z)", "1 for z > 0, else 0"),
    "softplus": Activation(functional.softplus, "ln(1 + e^z)", "1 / (1 + e^-z)"),
    "leaky-relu": Activation(
        lambda z: functional.leaky_relu(z, LEAKY_SLOPE),
        f"z for z > 0, else {LEAKY_SLOPE} z",
        f"1 for z > 0, else {LEAKY_SLOPE}",
    ),
}
"""By the name that a preset gives them."""
