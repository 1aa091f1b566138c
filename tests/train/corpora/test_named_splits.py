"""Splits that are named: files for validation and test, how many texts of the data, or none of them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tallygate.runtime.errors import InputError, InputNotFoundError, TallygateError, UsageError
from tallygate.train.corpora import DataSource, load_corpus
from tallygate.train.corpora.options import add_data_options, given_data, number_or_file
from tallygate.train.corpora.splitting import text_keys
from tests.train.corpora.tables import reviews, write_csv, write_jsonl


def some(start: int, count: int) -> dict[str, list[object]]:
    places = range(start, start + count)
    return {"text": [f"letter {place}" for place in places], "label": ["ab"[place % 2] for place in places]}


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(write_csv(tmp_path, some(0, 60)))


@pytest.fixture
def test_file(tmp_path: Path) -> str:
    """Its first ten texts stand in the data too."""
    return str(write_jsonl(tmp_path, some(50, 30), "later"))


def test_a_test_file_is_the_test_and_its_texts_are_left_out_of_training(data: str, test_file: str) -> None:
    corpus = load_corpus(data, test=test_file)
    assert corpus.test is not None
    assert corpus.test.texts == some(50, 30)["text"]
    assert (len(corpus.train), len(corpus.validation)) == (45, 5)
    assert not text_keys(corpus.test.texts) & text_keys([*corpus.train.texts, *corpus.validation.texts])
    assert corpus.facts["left_out"]["train texts in test"] == 10  # type: ignore[index]
    assert corpus.facts["splits"] == "as they were given, validation dealt out of train by seed 0"


def test_a_validation_file_is_the_validation_and_nothing_is_dealt_out(data: str, test_file: str) -> None:
    corpus = load_corpus(data, validation=test_file)
    assert (len(corpus.train), len(corpus.validation), corpus.test) == (50, 30, None)
    assert corpus.facts["splits"] == "as they were given"
    corpus = load_corpus(data, validation=test_file, test=6)
    assert (len(corpus.train), len(corpus.test or [])) == (44, 6)


def test_both_files(data: str, test_file: str, tmp_path: Path) -> None:
    validation = str(write_csv(tmp_path, some(45, 10), "chosen-on"))
    corpus = load_corpus(data, validation=validation, test=test_file)
    assert (len(corpus.train), len(corpus.validation), len(corpus.test or [])) == (45, 5, 30)


def test_everything_is_trained_on_where_none_is_held_out(data: str, test_file: str) -> None:
    corpus = load_corpus(data, validation=0, test=0)
    assert (len(corpus.train), len(corpus.validation), corpus.test) == (60, 0, None)
    corpus = load_corpus(data, validation=0, test=test_file)
    assert (len(corpus.train), len(corpus.validation), len(corpus.test or [])) == (50, 0, 30)


@pytest.mark.parametrize(("test", "expected"), [(None, 6), (9, 9), (0.3, 18)])
def test_a_number_or_share_of_test_texts(data: str, test: float | None, expected: int) -> None:
    assert len(load_corpus(data, test=test).test or []) == expected


def test_a_label_that_training_does_not_know_is_one_clear_line(data: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path, {"text": ["x", "y"], "label": ["a", "new"]}, "later")
    reason = r"data\.csv: has the label 'new' in its test split \(later\.csv:3\), and no text to train on has it"
    with pytest.raises(InputError, match=reason):
        load_corpus(data, test=str(path))


def test_a_folder_takes_the_splits_that_it_has_not(tmp_path: Path, test_file: str) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    write_csv(folder, some(0, 60), "train")
    assert load_corpus(str(folder)).test is None
    assert len(load_corpus(str(folder), test=test_file).test or []) == 30
    assert len(load_corpus(str(folder), test=6).test or []) == 6
    write_csv(folder, some(60, 5), "test")
    with pytest.raises(UsageError, match="mails has a test split of its own; leave it out"):
        load_corpus(str(folder), test=test_file)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"test": "none.csv"}, InputNotFoundError, "--test none.csv: is no file and no number"),
        ({"validation": "none.csv"}, InputNotFoundError, "--validation none.csv: is no file and no number"),
        ({"test": 31}, UsageError, "--test 31: would hold out more than half"),
        ({"test": 0.4, "validation": 0.4}, UsageError, "would hold out more than half"),
        ({"test": float("nan")}, UsageError, "--test nan: is no number or share of texts"),
        ({"data": "mini", "test": 5}, UsageError, "--test 5: mini has a test split of its own"),
        ({"data": "imdb", "test": "x.csv"}, UsageError, "--test x.csv: imdb has a test split of its own"),
        ({"data": "imdb", "validation": "x.csv"}, UsageError, "--validation x.csv"),
    ],
)
def test_what_cannot_be_held_out(
    data: str, options: dict[str, object], kind: type[TallygateError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        load_corpus(**{"data": data, **options})  # type: ignore[arg-type]


def test_a_file_that_is_no_table(data: str, tmp_path: Path) -> None:
    (tmp_path / "later.txt").write_text("x")
    with pytest.raises(InputError, match=r"--test .*later\.txt: is no table of labelled texts"):
        load_corpus(data, test=str(tmp_path / "later.txt"))


@pytest.mark.parametrize(("text", "value"), [("500", 500), ("0", 0), ("0.25", 0.25), ("later.csv", "later.csv")])
def test_what_an_option_means(text: str, value: object) -> None:
    found = number_or_file(text)
    assert (found, type(found)) == (value, type(value))


def test_the_command_line_gives_a_source_that_loads(tmp_path: Path, test_file: str) -> None:
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    arguments = parser.parse_args([str(write_csv(tmp_path, reviews(), "mine")), "--validation", "0.1", "--test", "8"])
    source = DataSource(data=str(given_data(arguments)), validation=arguments.validation, test=arguments.test)
    assert (source.name, len(source.load().test or [])) == ("mine", 8)
    handed_on = DataSource(data=str(tmp_path / "mine.csv"), test=test_file, validation=3).without_paths()
    assert (handed_on.data, handed_on.test, handed_on.validation) == ("mine", "later.jsonl", 3)
