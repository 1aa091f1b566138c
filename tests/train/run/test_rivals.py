"""A run tells what models of a second reach on the same texts, and says so where one of them is better."""

from __future__ import annotations

import msgspec
import pytest

from tallygate.runtime.bundle import Score, Training
from tallygate.train.corpora.corpus import Split, assemble
from tallygate.train.presets import load_preset
from tallygate.train.run import rivals as rivals_module
from tallygate.train.run.result import PartScore, Result
from tallygate.train.run.rivals import comparison, rivals_of
from tests.train.questions import question_rows
from tests.train.run.small_run import small_corpus


def score(accuracy: float, split: str = "test") -> Score:
    interval = accuracy - 0.03, accuracy + 0.03
    return Score(data="d", split=split, rows=400, accuracy=accuracy, interval=interval, macro_f1=0.5)  # type: ignore[arg-type]


def result(own: float, *rivals: float) -> Result:
    training = Training(
        data="d", preset="auto", seed=0, epochs=1, parameters={}, scores=[score(0.1, "validation"), score(own)],
        created_with="0",
    )  # fmt: skip
    told = [PartScore(part=f"rival {place}", score=score(accuracy)) for place, accuracy in enumerate(rivals)]
    told += [PartScore(part="rival 0", score=score(0.99, "validation"))]
    return Result(
        training=training, epochs_run=1, seconds=1.0, threads=1, precision="float32", rows={}, corpus={},
        labels=("a", "b"), words=1, temperature=1.0, confusion_split=None, confusion=[], rivals=told,
    )  # fmt: skip


def test_rivals_learn_the_texts_and_are_scored_on_what_was_held_out() -> None:
    rows = question_rows(480)
    splits = [Split(*map(list, zip(*part, strict=True)), list(map(str, range(len(part))))) for part in
              (rows[:400], rows[400:440], rows[440:])]  # fmt: skip
    corpus = assemble("t", train=splits[0], validation=splits[1], test=splits[2], unlabeled=[], facts={"source": "t"})
    found = rivals_of(corpus, load_preset("auto"))
    assert [(rival.part, rival.score.split, rival.score.rows) for rival in found] == [
        ("TF-IDF + logistic regression", "validation", 40), ("TF-IDF + logistic regression", "test", 40),
        ("NB-SVM", "validation", 40), ("NB-SVM", "test", 40),
    ]  # fmt: skip
    assert min(rival.score.accuracy for rival in found) > 0.7
    assert rivals_of(corpus, load_preset("seed")) == []


def test_long_texts_are_left_to_the_study(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(rivals_module, "MOST_TOKENS", 10)
    assert rivals_of(small_corpus(), load_preset("auto")) == []
    assert "tallygate study" in capsys.readouterr().err


def test_what_wins_is_told() -> None:
    (line,) = comparison(result(0.911, 0.902, 0.896))
    assert line == "on the same 400 test texts: rival 0 90.2%, rival 1 89.6%, this model 91.1%"
    _, close = comparison(result(0.890, 0.902, 0.896))
    assert close == "rival 0 is better here by 1.2 points (so few texts cannot tell them apart: +-3.0)"
    _, clear = comparison(result(0.80, 0.79, 0.896))
    assert clear.startswith("rival 1 is better here by 9.6 points (use that")
    assert comparison(msgspec.structs.replace(result(0.8), rivals=[])) == []
