"""One's own data, from files to answers: TREC's questions, which are Latin-1 and have six classes, or fifty fine ones.

Of the fifty some are so rare that a model never gives them, and the test file has questions of the training file.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.cli import main
from tallygate.train.run.result import Result

pytestmark = pytest.mark.trec


def write_table(path: Path, lines: Path, fine: bool) -> Path:
    """``CLASS:fine text`` per line as CSV, in the encoding that the lines have."""
    rows = [line.split(" ", 1) for line in lines.read_text("latin-1").splitlines()]
    labelled = [(label if fine else label.partition(":")[0], text) for label, text in rows]
    with path.open("w", encoding="latin-1", newline="") as file:
        csv.writer(file).writerows([("class", "question"), *labelled])
    return path


@pytest.mark.parametrize(("fine", "labels", "least"), [(False, 6, 0.75), (True, 50, 0.5)])
def test_both_label_sets_train_export_verify_and_predict(
    trec_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fine: bool, labels: int, least: float
) -> None:
    train, test = (write_table(tmp_path / f"{name}.csv", trec_dir / f"TREC.{name}", fine) for name in ("train", "test"))
    run, bundle = tmp_path / "run", tmp_path / "trec.zip"
    options = ["--encoding", "latin-1", "--epochs", "4", "--out", str(run)]
    assert main(["train", str(train), "--test", str(test), *options]) == 0
    result = Result.read(run)
    assert result is not None
    assert len(result.labels) == labels
    assert result.corpus["left_out"]["train texts in test"] > 0  # type: ignore[index]
    assert result.training.scores[1].accuracy > least

    # int8 may fail: a network that was trained for so short answers some word salads by the last bits of its weights.
    assert main(["export", str(run), "--out", str(bundle)]) in (0, 1)
    printed = capsys.readouterr().out
    assert ("that the model gives to none of these texts" in printed) is fine
    parity = open_bundle(bundle).manifest.variants["fp32"].parity["onnxruntime"]
    assert parity.data.startswith("goldens, ")
    assert "train training texts" in parity.data
    assert parity.rows > 2000
    assert main(["verify", str(bundle)]) == 0
    capsys.readouterr()

    asked = ["--bundle", str(bundle), "--file", str(test), "--encoding", "latin-1", "--keep-columns", "class"]
    assert main(["predict", *asked, "--column", "question", "--format", "jsonl"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["line"] for answer in answers] == list(range(2, 502))
    right = sum(answer["label"] == answer["class"] for answer in answers)
    assert right / 500 == pytest.approx(result.training.scores[1].accuracy, abs=0.011)
