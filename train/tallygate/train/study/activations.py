"""The part ``activations``: six activation functions and their derivatives, in one picture."""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tallygate.runtime.engines.plain import ActivationName
from tallygate.runtime.figure import legend_below, save_figure
from tallygate.train.network import ACTIVATIONS
from tallygate.train.study.context import StudyContext
from tallygate.train.study.part_record import write_record

NAME = "activations"
SIGMOID_NOTE = (
    "The sigmoid is 1 / (1 + e^-z) and rises from 0 to 1. It is at times misprinted as 1 / (1 + e^z): "
    "that is its mirror image, 1 minus the sigmoid, which falls from 1 to 0."
)
_LIMIT, _POINTS = 4.0, 161


class ActivationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the functions are computed: at ``points`` even steps from ``-limit`` to ``limit``, in float64."""

    limit: float = _LIMIT
    points: int = _POINTS


class ActivationCurve(msgspec.Struct, frozen=True, kw_only=True):
    """One function, with what PyTorch computes for it."""

    formula: str
    derivative_formula: str
    """``f`` is the function's value."""
    values: list[float]
    derivatives: list[float]
    """By automatic differentiation; at 0 PyTorch takes the ReLUs' derivative from the left."""


class Activations(msgspec.Struct, frozen=True, kw_only=True):
    """``activations.json``."""

    settings: ActivationSettings
    note: str
    z: list[float]
    curves: dict[ActivationName, ActivationCurve]
    """By the name that ``head_activation`` in a preset has for it."""


def run(context: StudyContext, folder: Path) -> None:
    """Make ``activations.json`` and ``.png``: the same for every corpus and seed."""
    record = activations()
    write_record(folder / f"{NAME}.json", record)
    _draw(folder / f"{NAME}.png", record)


def activations() -> Activations:
    """All functions over the interval."""
    settings = ActivationSettings()
    z = torch.linspace(-settings.limit, settings.limit, settings.points, dtype=torch.float64)
    curves = {name: _curve(name, z.clone().requires_grad_()) for name in ACTIVATIONS}
    return Activations(settings=settings, note=SIGMOID_NOTE, z=_rounded(z), curves=curves)


def _curve(name: ActivationName, z: torch.Tensor) -> ActivationCurve:
    activation = ACTIVATIONS[name]
    values = activation.function(z)
    (derivatives,) = torch.autograd.grad(values.sum(), z)
    return ActivationCurve(
        formula=activation.formula,
        derivative_formula=activation.derivative,
        values=_rounded(values),
        derivatives=_rounded(derivatives),
    )


def _rounded(tensor: torch.Tensor) -> list[float]:
    return [round(value, 6) + 0.0 for value in tensor.tolist()]


def _draw(path: Path, record: Activations) -> None:
    figure = Figure(figsize=(11.0, 6.6), layout="constrained")
    for axes, (name, curve) in zip(figure.subplots(2, 3).flat, record.curves.items(), strict=True):
        _panel(axes, record.z, curve)
        axes.set_title(f"{name}: f = {curve.formula}\nf' = {curve.derivative_formula}", fontsize=10)
        if name == "sigmoid":
            mirrored = [1 - value for value in curve.values]
            axes.plot(record.z, mirrored, color="0.6", linestyle=":", label="the misprint, 1 / (1 + e^z)")
        legend_below(axes, columns=3)
    figure.suptitle("Activations and their derivatives")
    save_figure(figure, path)


def _panel(axes: Axes, z: list[float], curve: ActivationCurve) -> None:
    axes.axhline(0.0, color="0.8", linewidth=0.8)
    axes.axvline(0.0, color="0.8", linewidth=0.8)
    axes.plot(z, curve.values, color="tab:blue", label="f")
    axes.plot(z, curve.derivatives, color="tab:orange", linestyle="--", label="f'")
    lowest, highest = min(curve.values), max(curve.values)
    axes.set_ylim(lowest if lowest <= -_LIMIT else -1.2, 1.9 if highest <= 1 else _LIMIT)
    axes.set_xlabel("z")
    axes.grid(alpha=0.2)
