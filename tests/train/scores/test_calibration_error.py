"""Calibration and coverage: their figures by hand, and their pictures."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from tallygate.train.scores import calibration_figures
from tallygate.train.scores.calibration_error import (
    Confidences,
    calibration_from_logits,
    confidences_from_logits,
    reliability,
)
from tallygate.train.scores.calibration_figures import draw_coverage, draw_reliability
from tallygate.train.scores.coverage import coverage_curve, coverage_points


def answers_of(confidence: list[float], right: list[int]) -> Confidences:
    return Confidences(np.array(confidence), np.array(right, bool))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    kept: list[Figure] = []
    save = calibration_figures.save_figure
    monkeypatch.setattr(calibration_figures, "save_figure", lambda f, path: (kept.append(f), save(f, path)))
    return kept


def test_the_error_by_hand() -> None:
    # Two bins: (0.8667, 0.9333] holds 0.88 and 0.92, (0.9333, 1] holds 0.96 twice.
    found = reliability(answers_of([0.88, 0.96, 0.92, 0.96], [1, 0, 0, 1]))
    assert [(b.rows, b.confidence, b.accuracy) for b in found.bins] == [
        (2, pytest.approx(0.90), 0.5),
        (2, pytest.approx(0.96), 0.5),
    ]
    assert [b.low for b in found.bins] == pytest.approx([13 / 15, 14 / 15])
    assert found.error == pytest.approx(0.5 * 0.40 + 0.5 * 0.46)


def test_bins_weigh_by_their_rows_and_do_not_cancel_each_other() -> None:
    # Too sure by 0.7 in one row, not sure enough by 0.3 in three.
    assert reliability(answers_of([0.7, 0.7, 0.7, 0.7], [1, 1, 1, 1])).error == pytest.approx(0.3)
    assert reliability(answers_of([0.99, 0.7, 0.7, 0.7], [0, 1, 1, 1])).error == pytest.approx((0.99 + 3 * 0.3) / 4)


def test_an_edge_belongs_to_the_bin_below() -> None:
    edges = np.linspace(0, 1, 16)
    found = reliability(answers_of([float(edges[8]), math.nextafter(edges[8], 1), 1.0], [1, 1, 1]))
    assert [b.low for b in found.bins] == pytest.approx([edges[7], edges[8], edges[14]])
    with pytest.raises(ValueError, match="no row"):
        reliability(answers_of([], []))


def test_before_and_after_the_temperature() -> None:
    # Logit log(9) means 0.9; divided by the temperature that makes it log(3), 0.75: as often right as that says.
    logits, targets = torch.full((4, 1), math.log(9)), np.array([1, 1, 1, 0])
    found = calibration_from_logits("test", logits, targets, math.log(9) / math.log(3))
    assert (found.split, found.before.error) == ("test", pytest.approx(0.15))
    assert found.after.error == pytest.approx(0.0, abs=1e-6)


def test_more_labels_are_right_when_the_likeliest_is() -> None:
    logits = torch.tensor([[0.0, math.log(8), 0.0], [math.log(2), 0.0, 0.0]])
    found = confidences_from_logits(logits, np.array([1, 2]), 1.0)
    assert found.confidence == pytest.approx([0.8, 0.5])
    assert found.right.tolist() == [True, False]


def test_coverage_by_hand() -> None:
    answers = answers_of([0.5, 0.9, 0.7, 0.7, 0.96], [0, 1, 0, 1, 1])
    points = {p.threshold: (p.answered, p.accuracy) for p in coverage_points(answers)}
    assert points[0.0] == points[0.5] == (1.0, 0.6)
    assert points[0.6] == points[0.7] == (0.8, 0.75)
    assert points[0.8] == points[0.9] == (0.4, 1.0)
    assert points[0.99] == (0.0, None)
    answered, accuracy = coverage_curve(answers)
    assert answered.tolist() == [0.2, 0.4, 0.8, 1.0]
    assert accuracy.tolist() == [1.0, 1.0, 0.75, 0.6]


def test_the_pictures_show_both_sides_and_the_thresholds(tmp_path: Path, drawn: list[Figure]) -> None:
    logits, targets = torch.tensor([[-3.0], [-1.0], [0.1], [2.0], [4.0]]), np.array([0, 1, 1, 1, 1])
    calibration = calibration_from_logits("test", logits, targets, 2.0)
    draw_reliability(tmp_path / "reliability.png", calibration, "mini")
    draw_coverage(tmp_path / "coverage.png", confidences_from_logits(logits, targets, 2.0), "mini")
    before, after, *_ = drawn[0].axes
    assert f"{calibration.before.error:.2%}" in before.get_title()
    assert f"{calibration.after.error:.2%}" in after.get_title()
    for axes, found in ((before, calibration.before), (after, calibration.after)):
        points = next(
            line for line in axes.lines if len(line.get_xdata()) == len(found.bins) and line.get_marker() == "o"
        )
        assert list(points.get_ydata()) == [bin_.accuracy for bin_ in found.bins]
    assert [text.get_text() for text in drawn[1].axes[0].texts] == ["0.5", "0.6", "0.7", "0.8"]
