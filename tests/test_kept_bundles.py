"""Bundles that version 0.1.0 exported still open, and answer as they did then.

``tests/data/bundles-0.1.0``: ``two`` (two labels, the built-in corpus, kept marks, the maximum pooled), ``topics``
(three labels, both directions, the mean pooled), ``int4`` (three labels, the last state, opset 21), and in
``answers.json`` what 0.1.0 answered to each text alone, on onnxruntime 1.32 and numpy 2.4.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.cli import main

FOLDER = Path(__file__).parent / "data" / "bundles-0.1.0"
KEPT = json.loads((FOLDER / "answers.json").read_text("utf-8"))
NAMES = sorted(KEPT["answers"])
CASES = [(name, *copy.split()) for name in NAMES for copy in KEPT["answers"][name]]
TOLERANCE = {"fp16": 1e-3, "int8-dynamic": 0.05}
"""Where activations are rounded, another processor's last bit can move one by a whole step."""


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_bundle_that_was_kept(name: str) -> None:
    bundle = open_bundle(FOLDER / f"{name}.zip", KEPT["sha256"][name])
    assert (bundle.manifest.schema, bundle.manifest.created_with) == ("1.0", "0.1.0")


@pytest.mark.parametrize(("name", "precision", "engine"), CASES)
def test_it_answers_as_it_did(name: str, precision: str, engine: str) -> None:
    classifier = Classifier.load(FOLDER / f"{name}.zip", engine, precision)
    answers = [classifier.predict(text) for text in KEPT["texts"]]
    tolerance = TOLERANCE.get(precision, 1e-5)
    for answer, then in zip(answers, KEPT["answers"][name][f"{precision} {engine}"], strict=True):
        assert answer.label == then["label"]
        assert answer.logits == pytest.approx(then["logits"], abs=tolerance)
        assert answer.score == pytest.approx(then["score"], abs=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_it_passes_its_gates_as_a_directory_too(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(FOLDER / f"{name}.zip") as archive:
        archive.extractall(tmp_path / name)
    assert main(["verify", str(tmp_path / name), "--sha256", KEPT["sha256"][name]]) == 0
    assert "every gate passed" in capsys.readouterr().out
