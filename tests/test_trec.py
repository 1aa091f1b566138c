"""A set of many labels, some of them rare, the whole way as a user goes it: TREC's questions, six kinds and fifty.

Few epochs: what is shown is that every gate passes where the model never gives some labels, not how good it is.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tallygate.runtime import Classifier, open_bundle
from tallygate.runtime.cli import main

pytestmark = pytest.mark.trec

ENCODING = "latin-1"
"""Of the files as they are handed out."""


def questions(folder: Path, split: str, fine: bool) -> list[tuple[str, str]]:
    """Text and label of each line ``CLASS:fine text``."""
    lines = (folder / f"TREC.{split}").read_text(ENCODING).splitlines()
    pairs = (line.partition(" ") for line in lines)
    return [(text, label if fine else label.partition(":")[0]) for label, _, text in pairs]


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding=ENCODING, newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


@pytest.mark.parametrize(("fine", "labels", "least"), [(False, 6, 0.6), (True, 50, 0.25)])
def test_from_the_official_files_to_a_bundle_whose_gates_pass(
    trec_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fine: bool, labels: int, least: float
) -> None:
    train = questions(trec_dir, "train", fine)
    test = questions(trec_dir, "test", fine)
    assert (len(train), len(test)) == (5452, 500)
    data, held_out = write(tmp_path / "train.csv", train), write(tmp_path / "test.csv", test)
    run, bundle = tmp_path / "run", tmp_path / "trec.zip"
    command = ["train", str(data), "--test", str(held_out), "--encoding", ENCODING, "--epochs", "2", "--out", str(run)]
    assert main(command) == 0
    capsys.readouterr()
    assert main(["export", str(run), "--out", str(bundle), "--variants", "fp32,int8"]) == 0
    said = capsys.readouterr().out
    manifest = open_bundle(bundle).manifest
    assert set(manifest.labels) == {label for _, label in train}
    assert len(manifest.labels) == labels
    # Two epochs leave a model so undecided that the integers may be too coarse for it.
    assert set(manifest.variants) - {"integer"} == {"fp32", "int8"}
    if not fine:  # of fifty labels some may be given to no text, which is told and no fault
        assert "labels that the model gives to none of these texts" not in said

    answers = Classifier.load(bundle).predict([text for text, _ in test])
    right = sum(answer.label == label for answer, (_, label) in zip(answers, test, strict=True)) / len(test)
    assert right > max(least, Counter(label for _, label in test).most_common(1)[0][1] / len(test))
    scores = json.loads((run / "result.json").read_bytes())["training"]["scores"]
    assert right == pytest.approx(next(score["accuracy"] for score in scores if score["split"] == "test"), abs=0.01)
