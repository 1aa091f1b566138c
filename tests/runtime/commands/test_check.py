"""``tallygate check`` as a user meets it, and the project's own suites on the model that ships."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tallygate.runtime.cli import main

Capture = pytest.CaptureFixture[str]
SUITES = Path(__file__).parents[3] / "examples" / "suites"
SHIPPED_FAILURES = {"sentiment.jsonl": 66, "sentiment-frames.jsonl": 169}
"""Of the model that ships, today: a change may lower them, and then lowers them here."""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    rows = [
        {"kind": "mft", "capability": "words", "text": "good film", "label": "good"},
        {"kind": "mft", "capability": "words", "text": "good film", "label": "bad"},
        {"kind": "inv", "capability": "=marks", "texts": ["good film", "good film!"]},
    ]
    path = tmp_path / "suite.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def checked(capsys: Capture, bundle: Path, suite: Path, *arguments: str) -> tuple[int, str, str]:
    code = main(["check", str(bundle), "--suite", str(suite), *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_failures_are_counted_by_capability_in_every_format(capsys: Capture, toy_path: Path, suite: Path) -> None:
    code, out, err = checked(capsys, toy_path, suite)
    rows = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [(row["capability"], row["cases"], row["failed"], row["share"]) for row in rows] == [
        ("words", 2, 1, 0.5), ("=marks", 1, 0, 0.0), ("all", 3, 1, 0.333333),
    ]  # fmt: skip
    sheet = list(csv.DictReader(io.StringIO(checked(capsys, toy_path, suite, "--format", "csv")[1])))
    assert [row["failed"] for row in sheet] == ["1", "0", "1"]
    assert sheet[1]["capability"] == "'=marks"  # what a spreadsheet would run
    lines = checked(capsys, toy_path, suite, "--format", "table")[1].splitlines()
    assert lines[-1].split() == ["all", "mft,", "inv", "3", "1", "33.3%", rows[-1]["sure"].__str__()]


def test_a_bound_that_is_passed_is_told_and_exits_with_1(capsys: Capture, toy_path: Path, suite: Path) -> None:
    assert checked(capsys, toy_path, suite, "--at-most", "1", "--at-most", "words=1")[0] == 0
    code, _, err = checked(capsys, toy_path, suite, "--at-most", "1", "--at-most", "words=0")
    assert code == 1
    assert err == f"tallygate: {toy_path}: words: 1 failures, at most 0\n"
    assert checked(capsys, toy_path, suite, "--at-most", "nothing=0")[0] == 2
    assert checked(capsys, toy_path, suite, "--at-most", "few")[0] == 2


def test_cases_are_told_text_by_text(capsys: Capture, toy_path: Path, suite: Path) -> None:
    failed = [json.loads(line) for line in checked(capsys, toy_path, suite, "--cases", "failed")[1].splitlines()]
    assert [(row["line"], row["expected"], row["verdict"], row["label"]) for row in failed] == [
        (2, "bad", "failed", "good")
    ]
    every = checked(capsys, toy_path, suite, "--cases", "all", "--format", "table")[1].splitlines()
    assert len(every) == 2 + 4
    assert every[-1].split()[:2] == [*every[-2].split()[:2]]


def test_what_cannot_be_asked_is_one_line(capsys: Capture, toy_path: Path, suite: Path) -> None:
    suite.write_text('{"kind":"mft","capability":"c","text":"x","label":"positive"}\n', encoding="utf-8")
    code, out, err = checked(capsys, toy_path, suite)
    assert (code, out) == (2, "")
    assert err.endswith("line 1: names a label 'positive' that the model does not have; name one of bad, good\n")


@pytest.mark.parametrize("name", sorted(SHIPPED_FAILURES))
def test_the_shipped_model_fails_no_more_cases_than_today(capsys: Capture, name: str) -> None:
    exact = ["--engine", "numpy", "--precision", "fp32"]
    code = main(["check", "--suite", str(SUITES / name), "--at-most", str(SHIPPED_FAILURES[name]), *exact])
    told = capsys.readouterr()
    assert code == 0, told.err
    assert json.loads(told.out.splitlines()[-1])["cases"] > 200


def test_the_suites_are_sound() -> None:
    """Each positive case of a capability has a negative one: a model that always says one thing fails half."""
    for name in SHIPPED_FAILURES:
        cases = [json.loads(line) for line in (SUITES / name).read_text("utf-8").splitlines()]
        labels = [case["label"] for case in cases if case["kind"] == "mft" and "label" in case]
        assert labels.count("positive") == pytest.approx(labels.count("negative"), rel=0.05)
        texts = [case["text"] for case in cases if case["kind"] == "mft"]
        assert len(texts) > 100
        assert name != "sentiment.jsonl" or len(texts) == len(set(texts))
