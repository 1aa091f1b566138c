"""The picture of a study: accuracy against what must be stored, and against speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter, PercentFormatter

from tallygate.runtime.figure import save_figure
from tallygate.train.study.row import Family, Measured, Row

_COLORS: dict[Family, str] = {"classical": "tab:blue", "n-grams": "tab:green", "neural": "tab:red"}
_MARKERS: dict[Family, str] = {"classical": "o", "n-grams": "^", "neural": "s"}


def draw_study(path: Path, rows: Sequence[Row], title: str) -> None:
    """Every measured row, numbered as in the legend below, as a PNG.

    Raises :class:`OutputError` when it cannot be written.
    """
    shown = sorted((row for row in rows if row.measured), key=_accuracy, reverse=True)
    figure = Figure(figsize=(12.0, 8.0), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[3.0, 1.3])
    by_bytes, by_speed = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    _panel(by_bytes, shown, lambda m: m.bytes)
    _panel(by_speed, shown, lambda m: m.texts_per_second)
    by_bytes.set(xlabel="bytes to store (logarithmic)", ylabel="accuracy on test, with its 95% interval")
    by_speed.set(xlabel="texts per processor second, from raw text (logarithmic)")
    _legend(figure.add_subplot(grid[1, :]), shown)
    figure.suptitle(title)
    save_figure(figure, path)


def _accuracy(row: Row) -> float:
    assert row.measured is not None
    return row.measured.test.accuracy


def _panel(axes: Axes, rows: Sequence[Row], x_of: Callable[[Measured], float]) -> None:
    for number, row in enumerate(rows, 1):
        assert row.measured is not None
        score, x = row.measured.test, x_of(row.measured)
        low, high = score.interval
        color = _COLORS[row.family]
        axes.vlines(x, low, high, color=color, alpha=0.35)
        axes.scatter(x, score.accuracy, color=color, marker=_MARKERS[row.family], s=190, alpha=0.85)
        axes.annotate(str(number), (x, score.accuracy), ha="center", va="center", color="white", fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.margins(x=0.08, y=0.08)
    axes.grid(alpha=0.3)


def _legend(axes: Axes, rows: Sequence[Row]) -> None:
    """Names by number, the most accurate first, in columns."""
    axes.set_axis_off()
    columns = 3
    height = -(-len(rows) // columns)
    for place, row in enumerate(rows):
        column, line = divmod(place, max(height, 1))
        where = (column / columns, 1.0 - (line + 0.5) / max(height, 1))
        text = f"{place + 1}  {row.name}, {_accuracy(row):.1%}"
        axes.text(*where, text, color=_COLORS[row.family], fontsize=9.5, va="center", transform=axes.transAxes)
