"""Pictures are saved quietly whatever script their labels are in."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs the extra [bench]")

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from tallygate.runtime.figure import save_figure


def labelled(*labels: str) -> Figure:
    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.set_xticks(range(len(labels)), labels)
    axes.set_title("a title")
    return figure


def test_a_script_that_no_font_has_is_one_line_and_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fontManager, "get_font_names", list)
    save_figure(labelled("很好", "不好", "fine"), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "no installed font has 很 好 不;" in lines[0]


def test_only_a_label_that_needs_it_gets_other_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fontManager, "get_font_names", lambda: ["STIXGeneral", "Noto Sans CJK SC"])
    monkeypatch.setattr("tallygate.runtime.figure._FALLBACKS", ("Not Installed", "STIXGeneral"))
    figure = labelled("ℵ", "plain")
    save_figure(figure, tmp_path / "a.png")
    first, second = figure.axes[0].get_xticklabels()
    assert first.get_fontfamily()[-1] == "STIXGeneral"
    assert second.get_fontfamily() == figure.axes[0].title.get_fontfamily()


def test_a_warning_of_another_kind_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = labelled("plain")
    monkeypatch.setattr(figure, "savefig", lambda *a, **k: warnings.warn("something else", UserWarning, stacklevel=1))
    with pytest.warns(UserWarning, match="something else"):
        save_figure(figure, tmp_path / "a.png")
