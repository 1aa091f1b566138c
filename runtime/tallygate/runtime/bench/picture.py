"""The picture of a benchmark: accuracy against latency, each model's file size as its area."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tallygate.runtime.bench.report import BenchReport, Result
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.errors import MissingExtraError, UsageError
from tallygate.runtime.figure import save_figure
from tallygate.runtime.installation import pip_install

FORMATS = (".png", ".svg", ".pdf")
_POINTS_PER_MEGABYTE = 600.0
_LEAST_AREA = 30.0


def check_picture(bundle: Bundle, path: Path) -> None:
    """Find out before anything is measured whether the picture can be drawn.

    Raises :class:`MissingExtraError` without matplotlib, :class:`UsageError` for another kind of file, and where the
    bundle holds no accuracy.
    """
    if find_spec("matplotlib") is None:
        mend = f"run: {pip_install('bench')}"
        raise MissingExtraError("--picture", "needs matplotlib, which is not installed", mend)
    if path.suffix not in FORMATS:
        raise UsageError(f"--picture {path}", "has another suffix", f"choose one of {', '.join(FORMATS)}")
    if not any(variant.accuracy for variant in bundle.manifest.variants.values()):
        raise UsageError("--picture", "this bundle holds no accuracy figures", "export it with its data at hand")


def draw_picture(report: BenchReport, path: Path) -> None:
    """Draw every result whose accuracy is known."""
    from matplotlib.figure import Figure

    known = [result for result in report.results if result.accuracy is not None]
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for place, result in enumerate(sorted(known, key=lambda r: r.p50_ms)):
        _draw(axes, result, place)
    axes.set_xscale("log")
    axes.margins(x=0.25, y=0.35)
    axes.set_xlabel("median latency of one text, tokenising included (ms, logarithmic)")
    axes.set_ylabel("accuracy (%)")
    axes.set_title(f"{report.bundle} on {report.machine.processor}, area = file size", fontsize=10)
    axes.grid(alpha=0.3)
    save_figure(figure, path)


def _draw(axes, result: Result, place: int) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    assert result.accuracy is not None
    area = max(_LEAST_AREA, (result.size or 0) / 2**20 * _POINTS_PER_MEGABYTE)
    point = (result.p50_ms, 100 * result.accuracy)
    axes.scatter(*point, s=area, alpha=0.5, color=f"C{place}")
    up = 1 if place % 2 else -1
    label = f"{result.name}\n{result.p50_ms:.2f} ms"
    axes.annotate(label, point, (0, 26 * up), textcoords="offset points", ha="center", va="center", fontsize=8)
