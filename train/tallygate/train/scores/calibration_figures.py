"""Pictures of what a model's confidence is worth: accuracy by confidence, and accuracy by the share answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from tallygate.runtime.figure import legend_below, save_figure
from tallygate.train.scores.calibration_error import BINS, Calibration, Confidences, Reliability
from tallygate.train.scores.coverage import coverage_curve, coverage_points
from tallygate.train.scores.evaluation import wilson_interval
from tallygate.train.scores.length_bands import LengthBand

_FOUND, _IDEAL, _COUNT = "tab:blue", "0.5", "tab:gray"
_SHARE_DRAWN = 0.01
"""Least share answered that is drawn: the accuracy of a handful of texts only jumps."""


def draw_reliability(path: Path, calibration: Calibration, title: str) -> None:
    """Accuracy against confidence with its 95% interval, above the texts per bin, before and after the temperature.

    Writes a PNG. Raises :class:`OutputError` when it cannot be written.
    """
    figure = Figure(figsize=(9.0, 5.2), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(3, 1))
    both = {"before the temperature": calibration.before, "after the temperature": calibration.after}
    for column, (name, found) in enumerate(both.items()):
        _draw_bins(axes[0, column], found)
        axes[0, column].set_title(f"{name}: calibration error {found.error:.2%}", fontsize="medium")
        _draw_counts(axes[1, column], found)
    lowest = min(bin_.low for found in both.values() for bin_ in found.bins)
    axes[0, 0].set(xlim=(lowest, 1.0), ylim=(-0.02, 1.02), ylabel="right labels")
    legend_below(axes[0, 0], points=8.0)
    axes[1, 0].set_ylabel("texts")
    figure.suptitle(title, parse_math=False)
    save_figure(figure, path)


def draw_lengths(path: Path, bands: Sequence[LengthBand], title: str) -> None:
    """Accuracy against confidence with its 95% interval, a panel for texts of each length, temperatures divided by.

    Writes a PNG. Raises :class:`OutputError` when it cannot be written.
    """
    columns = min(3, len(bands))
    figure = Figure(figsize=(9.0, 0.8 + 2.7 * -(-len(bands) // columns)), layout="constrained")
    panels = figure.subplots(-(-len(bands) // columns), columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(bands) :]:
        axes.set_axis_off()
    for axes, band in zip(panels.flat, bands, strict=False):
        _draw_bins(axes, band.after)
        errors = f"{band.after.error:.2%} ({band.before.error:.2%} before)"
        axes.set_title(f"{band.tokens} tokens, {band.rows:,} texts\nerror {errors}", fontsize="small")
        axes.set(xlim=(0.0, 1.0), ylim=(-0.02, 1.02))
    for axes in panels[:, 0]:
        axes.set_ylabel("right labels")
    figure.supxlabel("confidence", fontsize="medium")
    figure.suptitle(f"{title}, and crops of the texts", parse_math=False)
    save_figure(figure, path)


def draw_coverage(path: Path, answers: Confidences, title: str) -> None:
    """Accuracy against the share answered, as a PNG; some thresholds of ``--abstain-below`` are marked.

    Raises :class:`OutputError` when it cannot be written.
    """
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    answered, accuracy = coverage_curve(answers)
    drawn = answered >= _SHARE_DRAWN
    axes.plot(answered[drawn], accuracy[drawn], color=_FOUND)
    # Where thresholds answer the same texts, the highest one says most.
    points = {point.answered: point for point in coverage_points(answers) if point.answered >= _SHARE_DRAWN}
    places = [(share, point.accuracy or 0.0) for share, point in points.items()]
    axes.plot(*np.transpose(places), "o", color=_FOUND, label="P of --abstain-below")
    for point, place in zip(points.values(), places, strict=True):
        axes.annotate(f"{point.threshold:g}", place, xytext=(5, 5), textcoords="offset points")
    axes.set_title(f"{title}: no label for a score below P", parse_math=False)
    axes.set(xlabel="texts answered", ylabel="right labels among them")
    axes.set_xlim(0.0, 1.08)
    legend_below(axes)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    save_figure(figure, path)


def _draw_bins(axes: Axes, found: Reliability) -> None:
    accuracy = [bin_.accuracy for bin_ in found.bins]
    intervals = [wilson_interval(round(bin_.accuracy * bin_.rows), bin_.rows) for bin_ in found.bins]
    spans = np.abs(np.array(intervals).T - accuracy)
    axes.plot([0, 1], [0, 1], color=_IDEAL, linestyle=":", label="confidence = accuracy")
    confidence = [bin_.confidence for bin_ in found.bins]
    axes.errorbar(confidence, accuracy, spans, color=_FOUND, marker="o", capsize=2, label="texts of a bin")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)


def _draw_counts(axes: Axes, found: Reliability) -> None:
    edges = [bin_.low for bin_ in found.bins]
    bars = axes.bar(edges, [bin_.rows for bin_ in found.bins], 1 / BINS, align="edge", color=_COUNT, edgecolor="w")
    axes.bar_label(bars, fmt="{:,.0f}", fontsize="x-small")
    axes.margins(y=0.25)
    axes.set_xlabel("confidence")
