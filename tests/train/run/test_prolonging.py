"""More epochs for a run that is finished."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tallygate.train.folder.layout import LAYOUT
from tallygate.train.run import training as run_module
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.training import run_training
from tallygate.train.scores.metrics import metrics_from_jsonl
from tests.train.run.small_run import assert_same_run, begin, resume
from tests.train.short_runs import KilledError

pytestmark = pytest.mark.usefixtures("small_data")


@pytest.mark.parametrize("finished", [True, False])
def test_a_prolonged_run_is_that_of_as_many_epochs_where_the_schedule_is_constant(
    tmp_path: Path, preset: str, monkeypatch: pytest.MonkeyPatch, finished: bool
) -> None:
    constant = tmp_path / "constant.toml"
    constant.write_text(Path(preset).read_text(encoding="utf-8").replace('"cosine"', '"constant"'))
    begin(str(constant), tmp_path / "whole")
    with monkeypatch.context() as patch, suppress(KilledError):
        if not finished:
            patch.setattr(run_module, "draw_curve", _killed)
        begin(str(constant), tmp_path / "run", epochs=2)
    assert (tmp_path / "run" / LAYOUT.result).exists() is finished
    run_training(plan_run(TrainOptions(out=str(tmp_path / "run"), resume=True, epochs=4)))
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def _killed(*_: object) -> None:
    raise KilledError


def test_a_prolonged_schedule_is_that_of_as_many_epochs_from_there_on(tmp_path: Path, preset: str, whole: Path) -> None:
    begin(preset, tmp_path / "run", epochs=2)
    run_training(plan_run(TrainOptions(out=str(tmp_path / "run"), resume=True, epochs=4)))
    rates = [
        [m.learning_rate for m in metrics_from_jsonl((run / LAYOUT.metrics).read_bytes())]
        for run in (tmp_path / "run", whole)
    ]
    assert rates[0][2:] == rates[1][2:]
    assert rates[0][1] < rates[0][2], "it had come to its end and rises again"


def test_a_prolonged_run_that_is_killed_is_not_finished(
    tmp_path: Path, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    begin(preset, out, epochs=1)
    with monkeypatch.context() as patch, suppress(KilledError):
        patch.setattr(run_module, "save_state", _killed)
        run_training(plan_run(TrainOptions(out=str(out), resume=True, epochs=2)))
    assert not (out / LAYOUT.result).exists()
    assert resume(out).epochs_run == 2
