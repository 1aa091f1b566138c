"""The preset ``auto``: what it decides, that a run keeps it, and that data of any kind trains with it."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from tallygate.runtime.errors import CheckpointError, OutputError
from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.source import DataSource
from tallygate.train.folder.layout import RunFacts
from tallygate.train.presets.preset import Preset, load_preset
from tallygate.train.presets.rules import MOST_EPOCHS, preset_for_corpus
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.result import Result
from tallygate.train.run.training import run_training
from tests.train.questions import KINDS, question_rows, write_rows


def corpus_of(texts: list[str], unlabeled: tuple[str, ...] = ()) -> Corpus:
    split = Split(texts, ["a", "b"] * (len(texts) // 2), [str(number) for number in range(len(texts))])
    none = Split()
    return assemble("t", train=split, validation=none, test=None, unlabeled=list(unlabeled), facts={"source": "t"})


def decided(texts: list[str]) -> Preset:
    return preset_for_corpus(corpus_of(texts))


def test_length_keeps_all_but_one_text_in_a_hundred() -> None:
    texts = ["word " * 9] * 98 + ["word " * 17] + ["word " * 5000]
    assert decided(texts).text.max_length == 24
    assert decided(["word " * 5000] * 10).text.max_length == load_preset("auto").text.max_length
    assert decided(["", "?!"] * 4).text.max_length == 8


def test_words_that_stand_once_have_no_row() -> None:
    assert decided(["one two", "two three", "three four", "five"]).text.vocabulary_size == 2 + 2
    assert decided(["one", "two", "three", "four"]).text.vocabulary_size == 2 + 4
    assert decided(["", ""]).text.vocabulary_size == 3
    many = decided([f"w{number} w{number}" for number in range(30_000)])
    assert many.text.vocabulary_size == load_preset("auto").text.vocabulary_size


@pytest.mark.parametrize(("texts", "batch", "epochs"), [(4, 16, 40), (1000, 16, 40), (4000, 32, 20), (60_000, 64, 3)])
def test_small_data_is_read_more_often_in_smaller_batches(texts: int, batch: int, epochs: int) -> None:
    training = decided(["some words"] * texts).training
    assert (training.batch_size, training.epochs) == (batch, epochs)
    assert 10 * training.warmup_steps <= epochs * math.ceil(texts / batch)
    assert training.epochs <= MOST_EPOCHS


def test_long_texts_are_read_less_often_and_the_last_epoch_is_kept() -> None:
    long, longer = decided(["many words " * 100] * 1000).training, decided(["many words " * 10_000] * 1000).training
    assert (long.epochs, longer.epochs) == (12, 6)
    assert long.keep == "last"


def test_the_order_of_the_texts_decides_nothing_and_texts_without_labels_have_a_teacher() -> None:
    texts = [text for text, _ in question_rows(60)]
    assert decided(texts) == decided(texts[::-1])
    assert decided(texts).teacher is None
    assert preset_for_corpus(corpus_of(texts, ("no label " * 50,) * 9)).teacher is not None
    assert preset_for_corpus(corpus_of(texts, ("no label " * 50,) * 9)).text.max_length == 104


@pytest.fixture
def questions(tmp_path: Path) -> str:
    return str(write_rows(tmp_path / "questions.csv", question_rows(60)))


def options(questions: str, **others: object) -> TrainOptions:
    columns = {"data": questions, "text_column": "q", "label_column": "kind"}
    return TrainOptions(**columns, **others)  # type: ignore[arg-type]


def test_a_users_file_is_decided_on_once_and_the_run_keeps_it(
    questions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "run")
    plan = plan_run(options(questions, out=out, epochs=2))
    assert plan.facts.preset_name == "auto"
    assert plan.facts.preset.training.epochs == 2
    plan.facts.write(plan.folder)
    assert RunFacts.read(plan.folder) == plan.facts
    write_rows(Path(questions), question_rows(900, seed=1))
    for preset in (None, "auto"):
        resumed = plan_run(options(questions, out=out, resume=True, preset=preset))
        assert (resumed.facts, resumed.is_new, resumed.corpus) == (plan.facts, False, None)
        with pytest.raises(OutputError, match="holds this run already"):
            plan_run(options(questions, out=out, preset=preset))
    with pytest.raises(CheckpointError, match="preset auto, not tiny"):
        plan_run(options(questions, out=out, resume=True, preset="tiny"))
    with pytest.raises(OutputError, match="of 2 epochs; prolong it with --resume"):
        plan_run(options(questions, out=out, epochs=5))
    monkeypatch.chdir(tmp_path)
    assert plan_run(options(questions)).folder == Path("runs/questions-auto")


def train(rows: list[tuple[str, str]], folder: Path, **others: object) -> Result:
    data = str(write_rows(folder / "data.csv", rows))
    result = run_training(plan_run(options(data, out=str(folder / "run"), **others)))
    assert result is not None
    return result


@pytest.mark.parametrize(("rows", "least"), [(200, 0.5), pytest.param(1000, 0.8, marks=pytest.mark.slow)])
def test_short_questions_are_learnt_with_no_option_but_the_columns(
    rows: int, least: float, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, load = [], DataSource.load
    monkeypatch.setattr(DataSource, "load", lambda source: loaded.append(source) or load(source))  # type: ignore[func-returns-value]
    result = train(question_rows(rows, seed=rows), tmp_path)
    assert result.training.preset == "auto"
    assert result.labels == KINDS
    assert result.training.scores[-1].accuracy >= least, "six kinds of question: chance is 0.17"
    assert "preset auto, decided from the training texts: at most " in capsys.readouterr().err
    assert len(loaded) == 1


def _with_labels(count: int) -> list[tuple[str, str]]:
    draw = random.Random(0)
    return [
        (f"{text} {label}", f"label {label}") for text, _ in question_rows(400) for label in [draw.randrange(count)]
    ]


STRANGE = {
    "two labels": _with_labels(2),
    "20 labels": _with_labels(20),
    "unbalanced": question_rows(300, weights=(1, 1, 300, 20, 5, 1), seed=3)[:240] + question_rows(60),
    "very long": [(" ".join([text] * 900), kind) for text, kind in question_rows(40)],
    "Chinese": [(f"这部电影我看了{number}次{word}喜欢", word) for number in range(40) for word in "很不"],
    "Arabic": [(f"هذا الفيلم {word} جدًا {number}", word) for number in range(40) for word in ("جميل", "ممل")],
    "no words at all": [("?" * number, "ab"[number % 2]) for number in range(40)],
}


@pytest.mark.parametrize("kind", STRANGE)
def test_data_of_any_kind_trains(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = train(STRANGE[kind], tmp_path, epochs=1)
    assert result.epochs_run == 1
    assert ("of the validation texts' tokens are unknown words" in capsys.readouterr().err) == (kind == "Chinese")
