"""The pictures show the figures that they are given."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from tallygate.runtime.errors import OutputError
from tallygate.train.scores import figures
from tallygate.train.scores.figures import draw_confusion, draw_curve
from tallygate.train.scores.metrics import EpochMetrics, jsonl_from_metrics, metrics_from_jsonl

HISTORY = [
    EpochMetrics(
        epoch=epoch,
        train_loss=1 / epoch,
        train_accuracy=1 - 0.5 / epoch,
        validation_loss=0.4 + 1 / epoch,
        validation_accuracy=0.9 - 0.5 / epoch,
        learning_rate=0.1,
        seconds=1.0,
    )
    for epoch in (1, 2, 3)
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    kept: list[Figure] = []
    save = figures.save_figure
    monkeypatch.setattr(figures, "save_figure", lambda figure, path: (kept.append(figure), save(figure, path)))
    return kept


def test_the_curve_holds_both_splits_in_both_panels(tmp_path: Path, drawn: list[Figure]) -> None:
    draw_curve(tmp_path / "curve.png", HISTORY, 2, "mini")
    loss, accuracy = drawn[0].axes
    lines = {axes.get_title(): {str(line.get_label()): line for line in axes.lines} for axes in (loss, accuracy)}
    assert list(lines["Loss"]["training"].get_ydata()) == [m.train_loss for m in HISTORY]
    assert list(lines["Loss"]["validation"].get_ydata()) == [m.validation_loss for m in HISTORY]
    assert list(lines["Accuracy"]["training"].get_ydata()) == [m.train_accuracy for m in HISTORY]
    assert list(lines["Accuracy"]["validation"].get_ydata()) == [m.validation_accuracy for m in HISTORY]
    assert set(lines["Loss"]["kept epoch"].get_xdata()) == {2}
    assert imread(tmp_path / "curve.png").std() > 0


def test_a_curve_of_one_epoch_and_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw_curve(tmp_path / name, HISTORY[:1], 1, "mini")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_confusion_matrix_has_true_labels_as_rows(tmp_path: Path, drawn: list[Figure]) -> None:
    draw_confusion(tmp_path / "confusion.png", [[5, 1], [2, 1234]], ["no", "yes"], "mini")
    axes = drawn[0].axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "5", (1, 0): "1", (0, 1): "2", (1, 1): "1,234"}
    assert np.array_equal(axes.images[0].get_array(), [[5, 1], [2, 1234]])  # type: ignore[arg-type]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")


@pytest.mark.parametrize("count", [50, 1000])
def test_the_confusion_of_many_labels_stays_a_picture(tmp_path: Path, drawn: list[Figure], count: int) -> None:
    matrix = np.eye(count, dtype=int).tolist()
    draw_confusion(tmp_path / "confusion.png", matrix, [f"label {place}" for place in range(count)], "mini")
    assert max(imread(tmp_path / "confusion.png").shape) < 3000
    assert len(drawn[0].axes[0].texts) == (50 if count == 50 else 0)


def test_labels_and_names_are_no_formulas(tmp_path: Path) -> None:
    draw_confusion(tmp_path / "confusion.png", [[5, 1], [2, 3]], ["$_$", "$^$"], "$\\frac$")
    draw_curve(tmp_path / "curve.png", HISTORY, 2, "$\\frac$")


def test_a_curve_of_training_alone(tmp_path: Path, drawn: list[Figure]) -> None:
    alone = [msgspec.structs.replace(m, validation_loss=None, validation_accuracy=None) for m in HISTORY]
    draw_curve(tmp_path / "curve.png", alone, 3, "mini")
    assert {str(line.get_label()) for line in drawn[0].axes[0].lines} == {"kept epoch", "training"}


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        draw_curve(tmp_path / "file" / "curve.png", HISTORY, 1, "mini")


def test_metrics_come_back_from_their_lines() -> None:
    data = jsonl_from_metrics(HISTORY)
    assert data.count(b"\n") == 3
    assert metrics_from_jsonl(data) == HISTORY
