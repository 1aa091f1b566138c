"""Checkpoints: what was saved comes back, and what does not fit together is refused in one line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tallygate.runtime.bundle.manifest import Score, Training
from tallygate.runtime.bundle.temperatures import Temperatures
from tallygate.runtime.errors import CheckpointError
from tallygate.runtime.text.tokenizer import TextContract
from tallygate.runtime.text.vocabulary import Vocabulary
from tallygate.train.folder.checkpoint import (
    Checkpoint,
    DataSource,
    load_checkpoint,
    save_checkpoint,
    shipped_checkpoint,
)
from tallygate.train.network.model import Architecture, LSTMClassifier

WEIGHTS, VOCABULARY, DESCRIPTION = "weights.safetensors", "vocabulary.txt", "checkpoint.json"


def checkpoint(**architecture: Any) -> Checkpoint:  # noqa: ANN401
    torch.manual_seed(0)
    sizes = {"vocabulary_size": 6, "embedding_size": 3, "hidden_size": 4, "outputs": 1} | architecture
    score = Score(data="mails", split="validation", rows=9, accuracy=1.0, interval=(0.7, 1.0), macro_f1=1.0)
    return Checkpoint(
        model=LSTMClassifier(Architecture(**sizes)).eval(),
        vocabulary=Vocabulary({"the": 2, "film": 3, "é": 4, "rare": 5, "seldom": 5}, 6),
        text=TextContract(max_length=7, keep="first", punctuation="!"),
        labels=("ham", "spam"),
        temperatures=Temperatures(law="n^-0.5", table=(1.5, 1.25, 1 / 3)),
        training=Training(
            data="mails",
            preset="tiny",
            seed=3,
            epochs=2,
            parameters={"embedding": 18, "lstm": 128, "head": 5},
            scores=[score],
            created_with="0",
        ),
        data=DataSource(data="/home/ada/mails.csv", data_dir="/home/ada", text_column="body"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path, checkpoint())
    return tmp_path


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change ``checkpoint.json`` as someone would who also puts the hashes right."""
    description = json.loads((folder / DESCRIPTION).read_text())
    for name in (WEIGHTS, VOCABULARY):
        data = (folder / name).read_bytes()
        description["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    change(description)
    (folder / DESCRIPTION).write_text(json.dumps(description))


def assert_refused(folder: Path, reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason) as caught:
        load_checkpoint(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "architecture",
    [
        {},
        {"layers": 2, "bidirectional": True, "pooling": "max", "dropout": 0.5},
        {"pooling": "mean", "pooling_floor": 40},
    ],
)
def test_it_comes_back(tmp_path: Path, architecture: dict[str, Any]) -> None:
    saved = checkpoint(**architecture)
    save_checkpoint(tmp_path, saved)
    loaded = load_checkpoint(tmp_path)
    for field in ("text", "labels", "temperatures", "training"):
        assert getattr(loaded, field) == getattr(saved, field)
    assert dict(loaded.vocabulary.rows) == dict(saved.vocabulary.rows)
    assert loaded.model.architecture == saved.model.architecture
    assert not loaded.model.training
    ids, lengths = torch.tensor([[2, 3, 4]]), torch.tensor([3])
    assert torch.equal(loaded.model(ids, lengths), saved.model(ids, lengths))


def test_same_checkpoint_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_checkpoint(tmp_path / name, checkpoint())
    for file in (WEIGHTS, VOCABULARY, DESCRIPTION):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_no_path_of_the_machine_is_handed_on(folder: Path) -> None:
    description = (folder / DESCRIPTION).read_text()
    assert "mails" in description
    assert "/home" not in description  # a name alone, three letters of the hexadecimal ones, may stand in a digest
    assert load_checkpoint(folder).data == DataSource(data="mails", text_column="body")


def test_a_folder_without_one(tmp_path: Path) -> None:
    assert_refused(tmp_path, "there is no checkpoint; check the path, or make one with: tallygate train")
    assert_refused(tmp_path / "none", "there is no checkpoint")


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY])
def test_a_changed_or_missing_file(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert_refused(folder, f"{name}: is not the file that checkpoint.json names")
    (folder / name).unlink()
    assert_refused(folder, f"{name}: cannot be read")


def test_the_vocabulary_of_another_run(folder: Path, tmp_path: Path) -> None:
    other = Vocabulary({"other": 2, "words": 3}, 4)
    (folder / VOCABULARY).write_bytes(other.to_bytes())
    assert_refused(folder, "is not the file")


def test_a_vocabulary_beyond_the_embedding(folder: Path) -> None:
    (folder / VOCABULARY).write_bytes(b"word\t6\n")
    edit(folder, lambda description: None)
    assert_refused(folder, "vocabulary.txt: is not a vocabulary")


@pytest.mark.parametrize("cut", [0, 4, 40, 200])
def test_truncated_weights_with_the_right_hash(folder: Path, cut: int) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:cut])
    edit(folder, lambda description: None)
    assert_refused(folder, "weights.safetensors: is damaged")


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_size": 5},
        {"vocabulary_size": 7},
        {"vocabulary_size": 10**15},
        {"hidden_size": 10**9, "embedding_size": 10**9},
        {"layers": 10**12},
        {"layers": 0},
        {"layers": 2},
        {"bidirectional": True},
        {"embedding_size": -3},
    ],
    ids=str,
)
def test_weights_of_another_network(folder: Path, change: dict[str, Any]) -> None:
    edit(folder, lambda description: description["architecture"].update(change))
    assert_refused(folder, "does not fit the network that checkpoint.json describes")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(folder: Path, value: float) -> None:
    weights = load_file(folder / WEIGHTS)
    weights["head.bias"].fill_(value)
    save_file(weights, folder / WEIGHTS)
    edit(folder, lambda description: None)
    assert_refused(folder, "not finite float32 numbers")


def test_weights_of_another_type(folder: Path) -> None:
    save_file({name: tensor.double() for name, tensor in load_file(folder / WEIGHTS).items()}, folder / WEIGHTS)
    edit(folder, lambda description: None)
    assert_refused(folder, "not finite float32 numbers")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "version 2 is not 1"),
        ({"labels": ["spam", "ham"]}, "sorted"),
        ({"labels": ["a", "b", "c"]}, "outputs do not fit the labels"),
        ({"temperature": 1.5}, "it must have either temperature or calibration"),
        ({"calibration": {"law": "", "table": [1.0, 0]}}, "calibration.table"),
        ({"calibration": {"law": "", "table": []}}, "calibration.table"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"text": {"max_length": 0}}, "max_length"),
    ],
    ids=str,
)
def test_a_description_that_makes_no_sense(folder: Path, change: dict[str, Any], reason: str) -> None:
    edit(folder, lambda description: description.update(change))
    assert_refused(folder, reason)


def test_a_description_of_before_temperatures_went_by_length(folder: Path) -> None:
    edit(folder, lambda description: description.pop("calibration") and description.update(temperature=1.5))
    assert load_checkpoint(folder).temperatures.table == (1.5,)
    edit(folder, lambda description: description.update(temperature=0))
    assert_refused(folder, "temperature must be above 0")


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_description_that_is_no_json(folder: Path, data: bytes) -> None:
    (folder / DESCRIPTION).write_bytes(data)
    assert_refused(folder, "checkpoint.json: is damaged")


def test_saving_over_another_checkpoint_replaces_it(folder: Path) -> None:
    save_checkpoint(folder, replace(checkpoint(hidden_size=9), temperatures=Temperatures.constant(2.0)))
    assert load_checkpoint(folder).temperatures.table == (2.0,)
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, VOCABULARY, DESCRIPTION}


def test_the_shipped_one_loads_and_names_no_path() -> None:
    shipped = load_checkpoint(shipped_checkpoint())
    assert shipped.labels == ("negative", "positive")
    assert shipped.data.data == "imdb"
    assert shipped.data.data_dir is None
    test = next(score for score in shipped.training.scores if score.split == "test")
    assert test.rows == 25_000
    assert test.accuracy >= 0.85
