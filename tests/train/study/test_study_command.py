"""``tallygate study`` as a user meets it."""

from __future__ import annotations

import argparse
import csv
import errno
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallygate.runtime.errors import InputError, OutputError, UsageError
from tallygate.runtime.installation import pip_install
from tallygate.train.corpora import load_corpus
from tallygate.train.corpora import source as data_source
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.study import baselines, fasttext_row
from tallygate.train.study import context as context_module
from tallygate.train.study.baselines import contestants
from tallygate.train.study.command import COMMAND
from tallygate.train.study.contestant import Contestant
from tallygate.train.study.context import StudyContext
from tallygate.train.study.row import Measured, row_path

FOLDER = Path("studies", "mini-quick", "baselines")
ROWS = 24
FEW = ("logistic regression, TF-IDF", "fastText", "MLP")


@pytest.fixture(autouse=True)
def _small_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = {"train": 120, "validation": 40, "test": 40, "unlabeled": 40}
    monkeypatch.setattr(context_module, "QUICK_TEXTS", small)
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: mini_corpus(train=150, validation=40, test=40))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three contestants, for what all of them have in common."""
    chosen: Callable[[], list[Contestant]] = lambda: [c for c in contestants() if c.name in FEW]  # noqa: E731
    monkeypatch.setattr(baselines, "contestants", chosen)


def study(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    return COMMAND.run(parser.parse_args(["--only", "baselines", *arguments]))


def table() -> dict[str, dict[str, str]]:
    with (FOLDER / "study.csv").open(encoding="utf-8", newline="") as file:
        return {row["classifier"]: row for row in csv.DictReader(file)}


def count_measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    measured = baselines.measured

    def counted(contestant: Contestant, context: StudyContext) -> Measured:
        names.append(contestant.name)
        return measured(contestant, context)

    monkeypatch.setattr(baselines, "measured", counted)
    return names


def test_a_quick_study_has_every_row_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert study("--quick") == 0
    output = capsys.readouterr()
    rows = table()
    assert len(rows) == ROWS
    page = (FOLDER / "study.md").read_text(encoding="utf-8")
    for name, row in rows.items():
        if row["skipped"]:
            assert name == "fastText"
            continue
        line = next(line for line in page.splitlines() if line.startswith(f"| {name} "))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[2] == f"{float(row['accuracy']):.2%}"
        assert cells[5:7] == [f"{int(row['parameters']):,}", f"{int(row['bytes']):,}"]
        assert float(row["low"]) <= float(row["accuracy"]) <= float(row["high"])
        stored = json.loads(row_path(FOLDER, name).read_bytes())["row"]["measured"]
        assert stored["test"]["accuracy"] == float(row["accuracy"])
        assert stored["test"]["rows"] == 40
        assert f"{name}: validation" in output.err
    assert (FOLDER / "study.png").read_bytes().startswith(b"\x89PNG")
    assert "\r" not in output.err
    assert str(FOLDER) in output.out


@pytest.mark.usefixtures("few")
def test_a_killed_study_goes_on_after_its_last_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        measured = baselines.measured

        def interrupted(contestant: Contestant, context: StudyContext) -> Measured:
            if contestant.name == "MLP":
                raise KeyboardInterrupt
            return measured(contestant, context)

        patch.setattr(baselines, "measured", interrupted)
        assert study("--quick") == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "tallygate study: interrupted; the same command goes on after the last finished row"
    assert not (FOLDER / "study.csv").exists()
    first = row_path(FOLDER, FEW[0]).read_bytes()
    row_path(FOLDER, FEW[1]).write_text("{damaged")
    names = count_measured(monkeypatch)
    assert study("--quick") == 0
    assert names == ["fastText", "MLP"]
    assert row_path(FOLDER, FEW[0]).read_bytes() == first
    assert set(table()) == set(FEW)


@pytest.mark.usefixtures("few")
def test_rows_of_other_settings_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    names = count_measured(monkeypatch)
    for seed in ("0", "0", "1"):
        assert study("--quick", "--seed", seed) == 0
    assert names.count("MLP") == 2
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: mini_corpus(train=149, validation=40, test=40))
    study("--quick", "--seed", "1")
    assert names.count("MLP") == 3


@pytest.mark.usefixtures("few")
def test_the_same_seed_gives_the_same_rows() -> None:
    figures = []
    for folder in ("one", "two"):
        study("--quick", "--seed", "5", "--out", folder)
        stored = json.loads(row_path(Path(folder, "baselines"), "MLP").read_bytes())["row"]["measured"]
        figures.append({name: stored[name] for name in ("test", "validation", "settings", "bytes")})
    assert figures[0] == figures[1]


@pytest.mark.usefixtures("few")
def test_fasttext_is_skipped_with_its_reason_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    with monkeypatch.context() as patch:
        patch.setattr(fasttext_row, "import_module", absent)
        assert study("--quick") == 0
    reason = f"needs fasttext-wheel, which is not installed; run: {pip_install('fasttext')}"
    assert table()["fastText"]["skipped"] == reason
    assert table()["fastText"]["accuracy"] == ""
    assert f"- fastText: {reason}" in (FOLDER / "study.md").read_text(encoding="utf-8")
    names = count_measured(monkeypatch)
    study("--quick")
    assert names == ["fastText"]


@pytest.mark.usefixtures("few")
def test_a_fasttext_that_begins_with_unset_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_row, "import_module", lambda name: None)
    monkeypatch.setattr(fasttext_row, "version", lambda name: {"fasttext": "0.9.3"}[name])
    assert study("--quick") == 0
    assert "memory that it never sets" in table()["fastText"]["skipped"]


def test_few_texts_of_unbalanced_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_source, "load_corpus", load_corpus)
    words = {"colour": "red", "animal": "cat", "food": "soup"}
    counts = {"colour": 60, "animal": 20, "food": 10}
    lines = [f"the {words[k]} {n} was there,{k}" for k, count in counts.items() for n in range(count)]
    Path("things.csv").write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    assert study("--data", "things.csv", "--quick", "--out", "studies/mini-quick") == 0
    rows = {name: row for name, row in table().items() if not row["skipped"]}
    assert len(rows) >= ROWS - 1
    assert {float(row["accuracy"]) for name, row in rows.items() if "tree" in name or "SVM" in name} == {1.0}
    stored = json.loads(row_path(FOLDER, "NB-SVM").read_bytes())["row"]["measured"]
    assert stored["parameters"] % 3 == 0
    assert stored["test"]["macro_f1"] == 1.0


@pytest.mark.usefixtures("few")
def test_a_finished_part_is_left_alone_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tallygate.train.study.run.PARTS", {"baselines": baselines.run})
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    assert study("--quick") == 0
    before = (FOLDER / "study.csv").stat().st_mtime_ns
    assert COMMAND.run(parser.parse_args(["--quick"])) == 0
    assert "baselines: made already; --only baselines makes it again" in capsys.readouterr().err
    assert (FOLDER / "study.csv").stat().st_mtime_ns == before
    assert COMMAND.run(parser.parse_args(["--quick", "--only", "baselines"])) == 0
    assert (FOLDER / "study.csv").stat().st_mtime_ns > before


def test_what_cannot_be_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there is no part 'nothing'; choose from baselines"):
        study("--only", "nothing")
    with pytest.raises(UsageError, match="--threads 0: must be at least 1"):
        study("--threads", "0")
    with pytest.raises(UsageError, match="--threads 99999999: must be at most 1,024"):
        study("--threads", "99999999")
    Path("taken").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="is not a folder"):
        study("--out", "taken")
    with pytest.raises(OutputError, match=r"^taken/below: cannot be written \(Not a directory\)"):
        study("--out", "taken/below")
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: mini_corpus(train=20, validation=0, test=20))
    with pytest.raises(InputError, match="has no validation texts"):
        study()


def test_a_folder_that_cannot_be_written_is_told_before_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", denied)
    monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: pytest.fail("loaded"))
    with pytest.raises(OutputError, match=r"^sealed: cannot be written \(Permission denied\)"):
        study("--out", "sealed")


def test_listing_the_command_imports_nothing_heavy() -> None:
    code = "import sys, tallygate.train.study.command; print(sorted({'torch', 'numpy', 'gensim'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_its_modules_are_those_of_the_extra() -> None:
    COMMAND.check_installed("study")
