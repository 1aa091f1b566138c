"""``tallygate train`` as a user meets it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.runtime.errors import InputError, OutputError, UsageError
from tallygate.train import corpora
from tallygate.train.command import COMMAND
from tallygate.train.corpora import source as data_source
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.folder.lock import locked_folder
from tallygate.train.loop.trainer import Trainer
from tallygate.train.network.huge_pages import VARIABLE, request_huge_pages
from tallygate.train.run import training as run_module


@pytest.fixture(autouse=True)
def _small_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: mini_corpus(train=96, validation=40, test=40))
    monkeypatch.setattr(run_module, "draw_curve", lambda path, *a: path.touch())
    monkeypatch.chdir(tmp_path)


def train(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    return COMMAND.run(parser.parse_args(arguments))


def test_it_trains_scores_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--epochs", "2") == 0
    output = capsys.readouterr()
    folder = str(Path("runs", "mini-tiny"))
    for part in (
        "mini, preset tiny, seed 0",
        "of 40 texts (95% interval",
        "macro-F1",
        "calibration error",
        "true \\ predicted",
        folder,
    ):
        assert part in output.out
    lines = output.err.splitlines()
    assert lines[0].startswith("mini: 96 training, 40 validation, 40 test texts; ")
    assert lines[1] == "the epoch that is the best on the validation texts will be kept"
    assert [line.split(":")[0] for line in lines[3:5]] == ["epoch 1/2", "epoch 2/2"]
    assert lines[5:] in ([f"epoch {epoch} is kept, the best on the validation texts"] for epoch in (1, 2))
    assert "\r" not in output.err


def test_data_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"--data mini: mails.csv is given as DATA already; give one of them"):
        train("mails.csv", "--data", "mini")
    assert train("mini", "--epochs", "1", "--out", "positional") == 0
    assert "mini, preset tiny" in capsys.readouterr().out


def test_a_finished_run_is_prolonged(capsys: pytest.CaptureFixture[str]) -> None:
    train("--epochs", "1")
    capsys.readouterr()
    assert train("--resume", "--epochs", "3") == 0
    output = capsys.readouterr()
    assert "going on after epoch 1" in output.err
    assert "epoch 2/3" in output.err
    assert "3 in " in output.out
    assert train("--resume") == 0
    assert "is finished; nothing is left to train" in capsys.readouterr().out


def test_a_run_that_trains_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    train("--epochs", "1")
    with (
        locked_folder(Path("runs", "mini-tiny")),
        pytest.raises(
            OutputError, match=r"mini-tiny: another process is training there; wait for it or end it, or name"
        ),
    ):
        train("--resume", "--epochs", "2")
    assert train("--resume", "--epochs", "2") == 0


def test_a_finished_run_says_that_it_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    train("--epochs", "1")
    capsys.readouterr()
    assert train("--resume", "--epochs", "1") == 0
    output = capsys.readouterr()
    assert f"{Path('runs', 'mini-tiny')} is finished; nothing is left to train" in output.out
    assert output.err == ""


def test_ctrl_c_ends_with_one_line_that_resumes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Trainer.step

    def interrupted(trainer: Trainer, *arguments: object) -> None:
        if arguments[1].epoch == 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        step(trainer, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", interrupted)
        assert train("--epochs", "2", "--out", "my run") == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "tallygate train: interrupted; go on with: tallygate train --resume --out 'my run'"
    assert train("--resume", "--out", "my run") == 0
    assert "going on after epoch 1" in capsys.readouterr().err


def test_ctrl_c_before_anything_was_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(data_source, "load_corpus", interrupted)
    assert train() == 130
    assert capsys.readouterr().err.strip().endswith("interrupted before anything was trained; start it again")
    assert not Path("runs").exists()


def test_listing_the_command_imports_nothing_heavy() -> None:
    code = "import sys, tallygate.train.command; print(sorted({'torch', 'numpy', 'pyarrow'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_its_modules_are_those_of_the_extra() -> None:
    COMMAND.check_installed("train")


def test_bad_rows_that_are_left_out_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(data_source, "load_corpus", corpora.load_corpus)
    rows = [f"{word} number {number},{label}" for number in range(40) for word, label in (("fine", "a"), ("poor", "b"))]
    Path("mails.csv").write_text("\n".join(["text,label", *rows, "nobody knows,"]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 82"):
        train("--data", "mails.csv", "--preset", "tiny")
    assert train("--data", "mails.csv", "--preset", "tiny", "--epochs", "1", "--skip-bad") == 0
    assert "bad rows left out: 1 (mails.csv line 82" in capsys.readouterr().err
    assert Path("runs", "mails-tiny", "result.json").exists()


def test_huge_pages_are_asked_for_unless_the_user_has_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    request_huge_pages()
    assert os.environ[VARIABLE] == "1"
    monkeypatch.setenv(VARIABLE, "0")
    request_huge_pages()
    assert os.environ[VARIABLE] == "0"
