"""Pictures are saved here, with a font for whatever script the labels are in.

matplotlib draws with DejaVu Sans, which has no Chinese, Japanese, Korean or Thai, and warns of every character that it
then leaves out. A label is the user's own word, so fonts that systems bring along for these scripts stand in, where one
is installed; where none is, one line says what will be missing in the picture.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.outputs import atomic_file
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Serif CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo",
    "Arial Unicode MS", "Noto Sans", "Noto Sans Thai", "Noto Sans Devanagari", "Nirmala UI", "Leelawadee UI",
)  # fmt: skip
"""Families of Linux, Windows and macOS that hold scripts which DejaVu Sans lacks."""
_MISSING = re.compile(r"Glyph (\d+) ")


def save_figure(figure: Figure, path: Path, dpi: int = 120) -> None:
    """Write a picture, its kind by the suffix (PNG without one): the same bytes for the same figure and fonts.

    Raises :class:`OutputError` when it cannot be written.
    """
    _add_fonts(figure)
    with atomic_file(path) as temporary, warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message=_MISSING.pattern)
        figure.savefig(temporary, format=path.suffix.lstrip(".") or "png", dpi=dpi)
    missing = {chr(int(found[1])): None for warning in caught if (found := _MISSING.match(str(warning.message)))}
    for warning in caught:
        if not _MISSING.match(str(warning.message)):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing:
        notice(f"{path}: no installed font has {' '.join(missing)}; the picture shows boxes in their place")


def legend_below(axes: Axes, columns: int = 2, points: float = 36.0) -> None:
    """A legend so far under the axes, below their own words, where it covers no point whatever the data are.

    A constrained layout makes room for it.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure(root=True)
    assert figure is not None
    under = axes.transAxes + ScaledTranslation(0.0, -points / 72.0, figure.dpi_scale_trans)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=under, borderaxespad=0.0, ncols=columns,
        frameon=False, fontsize="small",
    )  # fmt: skip


def _add_fonts(figure: Figure) -> None:
    """Let the texts that are not ASCII fall back on fonts that are installed."""
    from matplotlib.font_manager import fontManager
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and not text.get_text().isascii()]
    if texts:
        installed = set(fontManager.get_font_names())
        families = [family for family in _FALLBACKS if family in installed]
        for text in texts:
            text.set_fontfamily([*text.get_fontfamily(), *families])
