"""Processes and the folder of a run: a second one is refused, and a signal leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.runtime.errors import CheckpointError, OutputError
from tallygate.train.corpora import source as data_source
from tallygate.train.folder.layout import LAYOUT
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.training import run_training
from tests.train.run.small_run import CHILD, assert_same_run, begin, epochs_in_metrics, resume

pytestmark = pytest.mark.usefixtures("small_data")


def test_a_folder_in_which_another_process_trains_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: str
) -> None:
    out = tmp_path / "locked"
    command = [sys.executable, "-c", CHILD, preset, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in epoch 2\n"
        with monkeypatch.context() as patch, pytest.raises(OutputError, match="another process is training there"):
            patch.setattr(data_source, "load_corpus", lambda *a, **k: pytest.fail("read in vain"))
            resume(out)
        process.kill()
    assert (out / LAYOUT.lock).exists(), "a killed process leaves the file, which locks nothing"
    resume(out)
    assert not (out / LAYOUT.lock).exists()


def test_a_run_that_another_process_began_meanwhile_is_not_overwritten(tmp_path: Path, preset: str) -> None:
    out = tmp_path / "run"
    late = plan_run(TrainOptions(preset=preset, out=str(out), seed=1))
    begin(preset, out, epochs=1)
    before = (out / LAYOUT.run).read_bytes()
    with pytest.raises(CheckpointError, match="another process has begun a run there meanwhile"):
        run_training(late)
    assert (out / LAYOUT.run).read_bytes() == before
    assert (out / LAYOUT.result).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGTERM and SIGHUP")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_with_a_line_that_resumes_and_leaves_nothing_behind(
    tmp_path: Path, preset: str, whole: Path, name: str
) -> None:
    out, number = tmp_path / "run", getattr(signal, name)
    command = [sys.executable, "-c", CHILD, preset, str(out)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "in epoch 2\n"
        process.send_signal(number)
        _, errors = process.communicate()
    assert process.returncode == 128 + number
    assert errors.splitlines()[-1] == (
        f"tallygate train: ended by {name}; go on with: tallygate train --resume --out {out}"
    )
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []
    assert epochs_in_metrics(out) == [1]
    resume(out)
    assert_same_run(out, whole)
