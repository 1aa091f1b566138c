"""Pictures of a parity run: how large the errors are, and what they do to texts near the boundary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tallygate.runtime.figure import legend_below, save_figure
from tallygate.runtime.parity import Comparison, ParityResult, gate_of, joined

NEAREST, FARTHEST = 0.02, 0.5
"""The second picture shows texts up to five times a variant's largest error from the boundary, within these logits."""
_SMALLEST = 1e-8
"""Errors below it, zero among them, are drawn as this."""
_SAME, _FLIPPED = "tab:blue", "tab:red"


def draw_errors(path: Path, results: Sequence[ParityResult]) -> None:
    """Histogram of the size of every logit's error, one panel per variant, one line per engine, as a PNG.

    Raises :class:`OutputError` when it cannot be written.
    """
    panels = _by_precision(results)
    figure = Figure(figsize=(9.0, 0.6 + 2.1 * len(panels)), layout="constrained")
    rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (precision, runs) in zip(rows, panels.items(), strict=True):
        for run, style in zip(runs, cycle(["-", "--", ":"]), strict=False):
            _error_line(axes, run, style)
        limit = gate_of(precision).max_logit_difference
        if np.isfinite(limit):
            axes.axvline(limit, color=_FLIPPED, linewidth=2, label=f"gate, {limit:g}")
        axes.set(xscale="log", ylabel="texts", title=precision)
        axes.grid(alpha=0.3)
        legend_below(axes, columns=3, points=36.0 if axes is rows[-1] else 8.0)
    rows[-1].set_xlabel("size of the difference from PyTorch's logit")
    save_figure(figure, path, dpi=110)


def draw_boundary(path: Path, results: Sequence[ParityResult]) -> None:
    """How far the variant is from PyTorch, for texts near the boundary, flips marked, as a PNG.

    One panel per variant, on its first engine; a label flips beyond the diagonal.
    Raises :class:`OutputError` when it cannot be written.
    """
    panels = _by_precision(results)
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure = Figure(figsize=(0.6 + 3.6 * columns, 0.4 + 4.0 * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (precision, runs) in zip(grid.flat, panels.items(), strict=False):
        _near_the_boundary(axes, joined(runs[0].comparisons))
        axes.set(title=f"{precision} on {runs[0].report.engine}", xlabel="PyTorch's logit")
        axes.set_ylabel("difference from it")
    save_figure(figure, path, dpi=110)


def signed_margins(compared: Comparison) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Reference's and variant's distance from the boundary, both float32 [rows]; of unlike signs where a label flips.

    The logit where there is one; else the lead, over its best rival, of the label that the reference gives.
    """
    if compared.expected.shape[1] == 1:
        return compared.expected[:, 0], compared.found[:, 0]
    label = compared.expected.argmax(axis=1)[:, None]
    return _lead(compared.expected, label), _lead(compared.found, label)


def _lead(logits: NDArray[np.float32], label: NDArray[np.intp]) -> NDArray[np.float32]:
    rivals = logits.copy()
    np.put_along_axis(rivals, label, -np.inf, axis=1)
    lead: NDArray[np.float32] = np.take_along_axis(logits, label, axis=1)[:, 0] - rivals.max(axis=1)
    return lead


def _by_precision(results: Sequence[ParityResult]) -> dict[str, list[ParityResult]]:
    """The runs that answered, by variant."""
    panels: dict[str, list[ParityResult]] = {}
    for result in results:
        if result.comparisons:
            panels.setdefault(result.report.precision, []).append(result)
    return panels


def _error_line(axes: Axes, run: ParityResult, style: str) -> None:
    whole = joined(run.comparisons)
    sizes = whole.differences.max(axis=1)
    bins = np.geomspace(_SMALLEST, 10.0, 73)
    counted = np.clip(sizes[np.isfinite(sizes)], _SMALLEST, 10.0)
    axes.hist(counted, bins=bins.tolist(), histtype="step", linestyle=style, label=run.report.engine)


def _near_the_boundary(axes: Axes, compared: Comparison) -> None:
    expected, found = signed_margins(compared)
    errors = found - expected
    reach = float(np.clip(5 * np.nanmax(np.abs(errors)), NEAREST, FARTHEST))
    near = np.abs(expected) <= reach
    flipped, same = compared.flips & near, ~compared.flips & near
    axes.axhline(0.0, color="0.6", linewidth=0.8)
    axes.axvline(0.0, color="0.6", linewidth=0.8)
    axes.scatter(expected[same], errors[same], s=5, color=_SAME, label=f"same label ({int(same.sum()):,})")
    axes.scatter(
        expected[flipped], errors[flipped], s=16, color=_FLIPPED, label=f"other label ({int(flipped.sum()):,})"
    )
    height = 1.2 * float(np.nanmax(np.abs(errors[near]), initial=1e-7))
    axes.plot([-height, height], [height, -height], color=_FLIPPED, linewidth=0.8, linestyle=":")
    axes.set(xlim=(-reach, reach), ylim=(-height, height))
    legend_below(axes, columns=1)
