"""Texts and labels that a spreadsheet would run: in the CSV of ``predict`` each is guarded, unless it is to be raw."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tallygate.runtime.cli import main
from tests.runtime.conftest import ToyBundle

FORMULAS = ["=cmd|' /C calc'!A0", " =1+1", "\t@SUM(1)", "+1+cmd", "-2+3+cmd", "\ufeff=1", "fine; =1+1", "fine\n=1+1"]


def cells(path: Path, bundle: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, str]]:
    columns = ["--column", "text", "--keep-columns", "text,=id"]
    arguments = ["predict", "--bundle", str(bundle), "--file", str(path), "--format", "csv", *columns, *options]
    assert main(arguments) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""), strict=True))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["=id", "text"], *([str(number), text] for number, text in enumerate(FORMULAS))])
    return path


def test_of_texts_columns_and_labels(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = ToyBundle(labels=["+bad", "=good"]).write_directory(tmp_path / "bundle")
    answers = cells(rows, bundle, capsys)
    assert {answer["label"] for answer in answers} <= {"'+bad", "'=good"}
    assert [answer["'=id"] for answer in answers] == [str(number) for number in range(len(FORMULAS))]
    for answer, formula in zip(answers, FORMULAS, strict=True):
        assert answer["text"] != formula
        assert answer["text"].replace("'", "") == formula.replace("'", "")
        assert all(not cell.lstrip("\ufeff ").startswith(("=", "+", "-", "@")) for cell in answer["text"].split(";"))


def test_raw_is_what_was_given(rows: Path, toy_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [answer["text"] for answer in cells(rows, toy_path, capsys, "--raw-csv")] == FORMULAS
