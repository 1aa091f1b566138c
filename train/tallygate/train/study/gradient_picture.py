"""The picture of the gradients: along the sequence above, during training below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tallygate.runtime.figure import legend_below, save_figure
from tallygate.train.study.cue_task import COLORS
from tallygate.train.study.gradient_record import ClippedTraining, Gradients, StateGradients

_LEAST_DRAWN = 1e-20
"""Smaller norms would press the others together; the JSON has them."""
_STATE_LABELS = {"xlabel": "t, words read", "ylabel": "norm of dLoss/dh_t (logarithmic)"}


def draw_gradients(path: Path, record: Gradients) -> None:
    """Four panels as a PNG. Raises :class:`OutputError` when it cannot be written."""
    figure = Figure(figsize=(12.0, 8.4), layout="constrained")
    panels = figure.subplots(2, 2)
    _vanishing(panels[0, 0], record.vanishing)
    _exploding(panels[0, 1], record.exploding)
    _norms(panels[1, 0], record.clipping)
    _losses(panels[1, 1], record.clipping)
    gain = f"recurrent weights x {record.settings.training_gain:g}"
    panels[1, 0].set_title(f"Training that RNN, {gain}: norm of dLoss/dparameters")
    panels[1, 1].set_title("The same training: loss")
    for axes in panels.flat:
        axes.grid(alpha=0.3)
        legend_below(axes)
    save_figure(figure, path)


def _vanishing(axes: Axes, curves: Sequence[StateGradients]) -> None:
    for curve in curves:
        color = COLORS["lstm" if "LSTM" in curve.name else "rnn"]
        _along_the_sequence(axes, curve, color, "-" if "training" in curve.name else "--")
    axes.set(title="Vanishing: gradient at each hidden state, before and after training", yscale="log", **_STATE_LABELS)
    axes.set_ylim(bottom=max(_LEAST_DRAWN, min(min(curve.norms) for curve in curves) / 10))


def _exploding(axes: Axes, curves: Sequence[StateGradients]) -> None:
    for curve, shade in zip(curves, ("#fdae6b", "#f16913", "#d94801", "#7f2704"), strict=False):
        _along_the_sequence(axes, curve, shade, "-")
    axes.set(title="Exploding: a simple RNN with its recurrent weights scaled", yscale="log", **_STATE_LABELS)


def _along_the_sequence(axes: Axes, curve: StateGradients, color: str, style: str) -> None:
    axes.plot(range(1, len(curve.norms) + 1), curve.norms, color=color, linestyle=style, label=curve.name)


def _norms(axes: Axes, trainings: Sequence[ClippedTraining]) -> None:
    for training, color in zip(trainings, ("tab:red", "tab:blue"), strict=True):
        axes.plot(training.norms, color=color, alpha=0.45, linewidth=0.9, label=f"computed, {_name(training)}")
        if training.bound is not None:
            axes.plot(training.applied_norms, color=color, label=f"applied, {_name(training)}")
    axes.set(xlabel="step", ylabel="gradient norm (logarithmic)", yscale="log")


def _losses(axes: Axes, trainings: Sequence[ClippedTraining]) -> None:
    for training, color in zip(trainings, ("tab:red", "tab:blue"), strict=True):
        axes.plot(training.losses, color=color, linewidth=0.9, label=_name(training))
    axes.set(xlabel="step", ylabel="loss, nats per text")
    axes.set_ylim(bottom=0.0)


def _name(training: ClippedTraining) -> str:
    return "not clipped" if training.bound is None else f"clipped to {training.bound:g}"
