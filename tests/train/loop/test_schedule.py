"""The learning rate at each step."""

from __future__ import annotations

import pytest

from tallygate.train.loop.schedule import learning_rate
from tallygate.train.presets.training import TrainingPreset


def preset(schedule: str, warmup: int = 0) -> TrainingPreset:
    return TrainingPreset(epochs=1, learning_rate=0.5, schedule=schedule, warmup_steps=warmup)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 0.5, 0.5]),
        ("linear", [0.5, 0.2525, 0.005]),
        ("cosine", [0.5, 0.2525, 0.005]),
    ],
)
def test_start_middle_and_end(schedule: str, expected: list[float]) -> None:
    assert [learning_rate(preset(schedule), step, 101) for step in (0, 50, 100)] == pytest.approx(expected)


def test_cosine_is_above_the_line_first_and_below_it_later() -> None:
    line, cosine = preset("linear"), preset("cosine")
    assert learning_rate(cosine, 25, 101) > learning_rate(line, 25, 101)
    assert learning_rate(cosine, 75, 101) < learning_rate(line, 75, 101)


def test_warmup_rises_to_the_full_rate_and_then_falls() -> None:
    rates = [learning_rate(preset("linear", warmup=4), step, 10) for step in range(10)]
    assert rates[:5] == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.5])
    assert rates[4:] == sorted(set(rates[4:]), reverse=True)
    assert rates[-1] == pytest.approx(0.005)


def test_a_warmup_longer_than_the_run_only_rises() -> None:
    assert learning_rate(preset("cosine", warmup=100), 9, 10) == pytest.approx(0.05)


def test_a_run_of_one_step() -> None:
    assert learning_rate(preset("cosine"), 0, 1) == pytest.approx(0.5)
