"""Texts and labels that a spreadsheet would run, in the file that the demo hands out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("gradio", reason="needs the extra [demo]")

from tallygate.demo.batch import RESULTS, classify_file
from tallygate.demo.copies import Copies
from tallygate.runtime.bundle import open_bundle
from tests.runtime.conftest import ToyBundle

LABELS = ["=bad()", "@good"]
FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "good;=1+1"]


def test_formulas_in_texts_and_labels_are_text_in_the_download(tmp_path: Path) -> None:
    copies = Copies(open_bundle(ToyBundle(LABELS).write_directory(tmp_path / "toy")))
    sheet = tmp_path / "a.csv"
    with sheet.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([text] for text in FORMULAS)])
    assert list(classify_file(sheet, "text", copies.load(copies.first), tmp_path))[-1].done
    with (tmp_path / RESULTS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(FORMULAS)
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t"))
        assert ";=" not in cell
