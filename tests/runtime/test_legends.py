"""Legends stand where no point can be."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib, of the extra [bench]")

from matplotlib.figure import Figure

from tallygate.runtime.figure import legend_below, save_figure


@pytest.mark.parametrize("rows", [1, 3])
def test_a_legend_covers_neither_points_nor_the_words_of_the_axes(rows: int, tmp_path: Path) -> None:
    figure = Figure(figsize=(6.0, 2.4 * rows), layout="constrained")
    for axes in figure.subplots(rows, 1, squeeze=False)[:, 0]:
        axes.plot([0, 1, 2], [0, 1, 0], label="a line")
        axes.scatter([0, 2], [1, 1], label="points")
        axes.set(xlabel="words", ylabel="texts")
        legend_below(axes)
    save_figure(figure, tmp_path / "a.png")
    for axes in figure.axes:
        legend = axes.get_legend().get_window_extent()
        assert not legend.overlaps(axes.get_window_extent())
        assert not legend.overlaps(axes.xaxis.label.get_window_extent())
        assert legend.y0 >= 0
        assert not any(legend.overlaps(other.get_window_extent()) for other in figure.axes)
