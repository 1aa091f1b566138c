"""A run in its folder: it resumes to the same bytes, keeps its best epoch, and never mixes with another run."""

from __future__ import annotations

import errno
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tallygate.runtime.errors import CheckpointError, OutputError
from tallygate.train.corpora import source as data_source
from tallygate.train.corpora.corpus import Corpus, Split
from tallygate.train.folder import checkpoint as checkpoint_module
from tallygate.train.folder.checkpoint import load_checkpoint
from tallygate.train.folder.layout import LAYOUT
from tallygate.train.run import training as run_module
from tallygate.train.run.data import run_data_from_corpus
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.result import Result, summary
from tallygate.train.scores.evaluation import evaluate, score_from_logits
from tallygate.train.scores.metrics import metrics_from_jsonl
from tests.train.run.small_run import CHILD, PRESET, assert_same_run, begin, epochs_in_metrics, resume, small_corpus
from tests.train.short_runs import KilledError

pytestmark = pytest.mark.usefixtures("small_data")


def test_same_seed_same_bytes(tmp_path: Path, preset: str, whole: Path) -> None:
    begin(preset, tmp_path / "again")
    assert_same_run(tmp_path / "again", whole)


def test_another_seed_other_bytes(tmp_path: Path, preset: str, whole: Path) -> None:
    begin(preset, tmp_path / "other", seed=1)
    assert (tmp_path / "other" / LAYOUT.weights).read_bytes() != (whole / LAYOUT.weights).read_bytes()


def test_resume_after_kill_9_in_the_middle_of_an_epoch(tmp_path: Path, preset: str, whole: Path) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-c", CHILD, preset, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in epoch 2\n"
        process.kill()
    assert epochs_in_metrics(out) == [1]
    assert not (out / LAYOUT.result).exists()
    resume(out)
    assert_same_run(out, whole)


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize(
    ("module", "function"),
    [
        (run_module, "save_state"),
        (run_module, "save_checkpoint"),
        (run_module, "draw_curve"),
        (run_module, "finish_run"),
        (checkpoint_module, "save"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_resume_after_an_end_anywhere(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    preset: str,
    whole: Path,
    module: object,
    function: str,
    epoch: int,
) -> None:
    original, calls = getattr(module, function), []

    def killed_at_the_epoch(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == epoch or function == "finish_run":
            raise KilledError
        return original(*arguments)

    # What is written for a new best epoch only may be written less often than that, and then nothing is cut off.
    with monkeypatch.context() as patch, suppress(KilledError):
        patch.setattr(module, function, killed_at_the_epoch)
        begin(preset, tmp_path / "run")
    assert calls
    if not (tmp_path / "run" / LAYOUT.result).exists():
        resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", whole)


def test_leftovers_of_a_killed_write_are_removed(tmp_path: Path, preset: str, whole: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / f".{LAYOUT.run}.x1y2").write_bytes(b"half")
    begin(preset, out)
    assert_same_run(out, whole)


def test_the_kept_epoch_is_the_first_best_one_and_its_score_is_that_of_the_file(whole: Path) -> None:
    history = metrics_from_jsonl((whole / LAYOUT.metrics).read_bytes())
    accuracies = [metrics.validation_accuracy for metrics in history]
    checkpoint = load_checkpoint(whole)
    assert checkpoint.training.epochs == 1 + accuracies.index(max(accuracies))
    validation, test = checkpoint.training.scores
    assert validation.accuracy == max(accuracies)
    data = run_data_from_corpus(small_corpus(), plan_run(TrainOptions(out=str(whole), resume=True)).facts.preset)
    assert data.test is not None
    assert score_from_logits(evaluate(checkpoint.model, data.test), data.test.targets, "mini", "test") == test


def test_result_says_what_the_checkpoint_says(whole: Path) -> None:
    result, checkpoint = Result.read(whole), load_checkpoint(whole)
    assert result is not None
    assert result.training == checkpoint.training
    assert result.temperatures == checkpoint.temperatures.law
    assert result.rows == {"train": 160, "validation": 40, "test": 40}
    assert sum(map(sum, result.confusion)) == 40
    right = sum(row[index] for index, row in enumerate(result.confusion))
    assert right / 40 == result.training.scores[1].accuracy
    assert [c.split for c in result.calibration] == ["validation", "test"]
    assert (result.coverage[0].answered, result.coverage[0].accuracy) == (1.0, right / 40)


def test_a_result_of_before_calibration_was_measured_is_read(whole: Path, tmp_path: Path) -> None:
    facts = msgspec.json.decode((whole / LAYOUT.result).read_bytes())
    del facts["calibration"], facts["coverage"], facts["by_length"], facts["temperatures"]
    (tmp_path / LAYOUT.result).write_bytes(msgspec.json.encode(facts))
    result = Result.read(tmp_path)
    assert result is not None
    assert (result.calibration, result.coverage) == ([], [])
    assert "calibration error" not in summary(result)


def test_early_stopping_ends_after_epochs_without_a_better_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "patient.toml"
    path.write_text(PRESET + "patience = 2\n")
    accuracies = iter([0.6, 0.7, 0.7, 0.65, 0.9])
    original = run_module.score_from_logits

    def scripted(*arguments: object) -> object:
        return msgspec.structs.replace(original(*arguments), accuracy=next(accuracies))  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "score_from_logits", scripted)
    result = begin(str(path), tmp_path / "run", epochs=10)
    assert (result.epochs_run, result.training.epochs) == (4, 2)


def test_data_without_a_test_split(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: str) -> None:
    corpus = small_corpus()
    without = Corpus(corpus.name, corpus.train, corpus.validation, None, [], corpus.labels, {})
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: without)
    result = begin(preset, tmp_path / "run", epochs=1)
    assert [score.split for score in result.training.scores] == ["validation"]
    assert result.confusion_split == "validation"
    assert [c.split for c in result.calibration] == ["validation"]


def test_changed_data_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: str, whole: Path) -> None:
    (whole / LAYOUT.result).rename(tmp_path / "result.json")
    try:
        monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: small_corpus(train=161))
        with pytest.raises(CheckpointError, match="the data has changed since this run began"):
            resume(whole)
    finally:
        (tmp_path / "result.json").rename(whole / LAYOUT.result)


def test_a_damaged_state_is_refused(tmp_path: Path, preset: str) -> None:
    begin(preset, tmp_path / "run", epochs=1)
    state = tmp_path / "run" / LAYOUT.state
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="is damaged"):
        resume(tmp_path / "run")


def test_a_full_disk_leaves_nothing_half_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: str) -> None:
    original, out = Path.write_bytes, tmp_path / "run"

    def full(path: Path, data: bytes) -> int:
        if LAYOUT.state in path.name:
            original(path, data[:1000])
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"state.safetensors: cannot be written \(No space left on device\)"):
        begin(preset, out)
    assert [path.name for path in out.iterdir()] == [LAYOUT.run]


def test_an_output_that_is_no_folder(tmp_path: Path, preset: str) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError):
            begin(preset, out)


def test_every_text_is_trained_on_where_nothing_is_held_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: str
) -> None:
    corpus = small_corpus()
    everything = Corpus(corpus.name, corpus.train, Split(), None, [], corpus.labels, {})
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: everything)
    result = begin(preset, tmp_path / "run", epochs=3)
    assert (result.training.epochs, result.training.scores, result.temperature) == (3, [], 1.0)
    assert (result.confusion_split, result.confusion, result.calibration, result.coverage) == (None, [], [], [])
    history = metrics_from_jsonl((tmp_path / "run" / LAYOUT.metrics).read_bytes())
    assert [metrics.validation_loss for metrics in history] == [None] * 3
    assert "nothing was held out" in summary(result)
    assert load_checkpoint(tmp_path / "run").temperatures.table == (1.0,)
    scored = replace(everything, test=corpus.test)
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: scored)
    result = begin(preset, tmp_path / "tested", epochs=3)
    assert [score.split for score in result.training.scores] == ["test"]
    assert result.confusion_split == "test"


def test_the_last_epoch_is_kept_where_the_preset_says_so(preset: str, tmp_path: Path) -> None:
    path = tmp_path / "last.toml"
    path.write_text(Path(preset).read_text(encoding="utf-8").replace("[training]", '[training]\nkeep = "last"'))
    result = begin(str(path), tmp_path / "run", epochs=5)
    assert result.training.epochs == result.epochs_run == 5
    history = metrics_from_jsonl((tmp_path / "run" / LAYOUT.metrics).read_bytes())
    assert result.training.scores[0].accuracy == history[-1].validation_accuracy


@pytest.mark.parametrize(
    ("keep", "end"), [("last", "epoch 4 is kept, the last"), ("best", "epoch 2 is kept, the best on")]
)
def test_the_log_calls_best_what_no_epoch_before_is_as_good_as(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    preset: str,
    keep: str,
    end: str,
) -> None:
    path = tmp_path / "scripted.toml"
    path.write_text(Path(preset).read_text(encoding="utf-8").replace("[training]", f'[training]\nkeep = "{keep}"'))
    accuracies = iter([0.6, 0.8, 0.7, 0.75])
    original = run_module.score_from_logits

    def scripted(*arguments: object) -> object:
        return msgspec.structs.replace(original(*arguments), accuracy=next(accuracies))  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "score_from_logits", scripted)
    begin(str(path), tmp_path / "run")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("/")[0] for line in lines if "(best)" in line] == ["epoch 1", "epoch 2"]
    assert lines[-1].startswith(end)
    assert f"{'last' if keep == 'last' else 'best'}" in next(line for line in lines if "will be kept" in line)
