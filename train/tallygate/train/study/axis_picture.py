"""The picture of the axis between two labels: words by what they lean to and by how frequent they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from tallygate.runtime.figure import save_figure
from tallygate.train.study.label_axis import AxisWord, LabelAxis

_MOST_NAMED = 90
"""Words that are named in a panel, at most."""
_MARGIN = 1.5
"""Pixels around a name that stay free."""


def draw_axes(path: Path, axes_by_kind: Mapping[str, LabelAxis], title: str) -> None:
    """One panel per kind of vectors, as a PNG; a word is named where its name hides no other.

    Raises :class:`OutputError` when it cannot be written.
    """
    figure = Figure(figsize=(11.0, 6.4 * len(axes_by_kind)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(axes_by_kind), 1, squeeze=False)[:, 0]
    for panel, (kind, axis) in zip(panels, axes_by_kind.items(), strict=True):
        _scatter(panel, kind, axis)
    figure.suptitle(title)
    figure.canvas.draw()
    for panel, axis in zip(panels, axes_by_kind.values(), strict=True):
        _name_words(panel, axis)
    save_figure(figure, path)


def _scatter(panel: Axes, kind: str, axis: LabelAxis) -> None:
    color = [word.lean for word in axis.words]
    bound = max([1e-9, *map(abs, color)])
    points = panel.scatter(
        [word.projection for word in axis.words],
        [word.texts for word in axis.words],
        c=color, cmap="coolwarm_r", vmin=-bound, vmax=bound, s=11, alpha=0.8, linewidths=0.3, edgecolors="0.6",
    )  # fmt: skip
    first, second = axis.labels
    panel.figure.colorbar(points, ax=panel, label=f"lean by label counts: {first} (-), {second} (+)", pad=0.01)
    panel.axvline(0.0, color="0.8", linewidth=0.8, zorder=0)
    panel.set(yscale="log" if axis.words else "linear", ylabel="training texts with the word (logarithmic)")
    panel.set_xlabel(f"{first}  <  cosine with the axis  >  {second}")
    known = "" if axis.rank_correlation is None else f"; rank correlation with the lean {axis.rank_correlation:.2f}"
    panel.set_title(f"{kind}: {len(axis.words):,} frequent words{known}, over words that did not make the axis")
    panel.margins(x=0.06, y=0.06)


def _name_words(panel: Axes, axis: LabelAxis) -> None:
    renderer = panel.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    frame, taken, named = panel.get_window_extent(renderer), list[Bbox](), 0
    for word in _by_interest(axis):
        if named == _MOST_NAMED:
            break
        text = panel.text(word.projection, word.texts, word.word, fontsize=8, ha="center", va="bottom")
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
        box = text.get_window_extent(renderer).padded(_MARGIN)
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if not inside or any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)
            named += 1


def _by_interest(axis: LabelAxis) -> Iterator[AxisWord]:
    """By turns: the farthest to the left, the farthest to the right, the most frequent."""
    ends = sorted(axis.words, key=lambda word: word.projection)
    turns = chain.from_iterable(zip_longest(ends, reversed(ends), axis.words))
    seen: set[str] = set()
    for word in turns:
        if word is not None and word.word not in seen:
            seen.add(word.word)
            yield word
