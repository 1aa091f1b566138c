"""Pictures of a run: the curve of loss and accuracy over the epochs, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tallygate.runtime.figure import legend_below, save_figure
from tallygate.train.scores.metrics import EpochMetrics

_CELLS = ((12, 0.6), (60, 0.3))
"""Inches of a cell in a picture of at most so many labels; of more labels there is no room for names."""
_LARGEST = 18.0
_TRAIN, _VALIDATION, _BEST = "tab:blue", "tab:orange", "0.6"


def draw_curve(path: Path, history: Sequence[EpochMetrics], best_epoch: int, title: str) -> None:
    """Loss and accuracy per epoch, training and validation, as a PNG; a line marks the epoch that was kept.

    Raises :class:`OutputError` when it cannot be written.
    """
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    _panel(loss, history, lambda m: m.train_loss, lambda m: m.validation_loss, best_epoch)
    _panel(accuracy, history, lambda m: m.train_accuracy, lambda m: m.validation_accuracy, best_epoch)
    loss.set(title="Loss", ylabel="nats per text")
    loss.set_ylim(bottom=0.0)
    accuracy.set(title="Accuracy", ylabel="right labels")
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    legend_below(accuracy, columns=3)
    figure.suptitle(title, parse_math=False)
    save_figure(figure, path)


def draw_confusion(path: Path, matrix: Sequence[Sequence[int]], labels: Sequence[str], title: str) -> None:
    """Texts by true label (rows) and predicted label (columns), as a PNG; of very many labels colours alone.

    Raises :class:`OutputError` when it cannot be written.
    """
    size = next((size for most, size in _CELLS if len(labels) <= most), None)
    side = 3.0 + (_LARGEST if size is None else size * len(labels))
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues", vmin=0)
    axes.set_title(title, parse_math=False)
    axes.set(xlabel="predicted", ylabel="true")
    if size is not None:
        _name_labels(axes, labels, size)
        _write_counts(axes, matrix, size)
    save_figure(figure, path)


def _name_labels(axes: Axes, labels: Sequence[str], size: float) -> None:
    rotation = 0 if len(labels) <= 3 else 45 if size == _CELLS[0][1] else 90
    axes.set_xticks(range(len(labels)), labels, rotation=rotation, parse_math=False)
    axes.set_yticks(range(len(labels)), labels, parse_math=False)


def _write_counts(axes: Axes, matrix: Sequence[Sequence[int]], size: float) -> None:
    """All of them where there is room; else those of texts that are there."""
    roomy = size == _CELLS[0][1]
    half = max(max(row) for row in matrix) / 2
    for y, row in enumerate(matrix):
        for x, count in enumerate(row):
            if count or roomy:
                color, font = "white" if count > half else "black", None if roomy else "x-small"
                axes.text(x, y, f"{count:,}", ha="center", va="center", color=color, fontsize=font)


def _panel(
    axes: Axes,
    history: Sequence[EpochMetrics],
    train: Callable[[EpochMetrics], float],
    validation: Callable[[EpochMetrics], float | None],
    best_epoch: int,
) -> None:
    epochs = [m.epoch for m in history]
    axes.axvline(best_epoch, color=_BEST, linestyle=":", label="kept epoch")
    axes.plot(epochs, [train(m) for m in history], color=_TRAIN, marker="o", label="training")
    held_out = [(m.epoch, value) for m in history if (value := validation(m)) is not None]
    if held_out:
        axes.plot(*zip(*held_out, strict=True), color=_VALIDATION, marker="s", label="validation")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
