"""Checkpoints for the export's tests: random weights, large enough to say something, so nothing has to be trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import onnx
import pytest
import torch

from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import Temperatures
from tallygate.runtime.bundle.manifest import Training
from tallygate.runtime.text.tokenizer import TEXT_VERSION, TextContract, split_words
from tallygate.runtime.text.vocabulary import Vocabulary
from tallygate.train.corpora import review_sentences
from tallygate.train.folder.checkpoint import Checkpoint, DataSource
from tallygate.train.network.model import Architecture, LSTMClassifier

MakeCheckpoint = Callable[..., Checkpoint]


@cache
def vocabulary() -> Vocabulary:
    """The words of some sentences; the rare ones share rows."""
    words = Counter(word for text in islice(review_sentences(5), 200) for word in split_words(text))
    rows = {word: 2 + min(rank, 40 + rank % 60) for rank, (word, _) in enumerate(words.most_common())}
    return Vocabulary(rows, 2 + 100)


def make_checkpoint(
    outputs: int = 1,
    max_length: int = 40,
    text_version: Literal[1, 2] = TEXT_VERSION,
    **architecture: Any,  # noqa: ANN401
) -> Checkpoint:
    torch.manual_seed(3)
    sizes = {"embedding_size": 5, "hidden_size": 7} | architecture
    rows = vocabulary().size
    model = LSTMClassifier(Architecture(vocabulary_size=rows, outputs=outputs, **sizes)).eval()
    with torch.no_grad():
        model.embedding.weight.mul_(60)
        model.head.weight.mul_(20)
    labels = ("negative", "positive") if outputs == 1 else tuple("abcdefgh"[:outputs])
    facts = Training(
        data="nowhere", preset="tiny", seed=0, epochs=1, parameters={"lstm": 1}, scores=[], created_with="0"
    )
    text = TextContract(max_length=max_length, version=text_version)
    return Checkpoint(
        model, vocabulary(), text, labels, Temperatures.constant(1.0), facts, DataSource(data="nowhere.csv")
    )


@pytest.fixture(scope="session")
def checkpoint_of() -> MakeCheckpoint:
    """Makes a checkpoint of a given architecture."""
    return make_checkpoint


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    """A binary one that reads one way."""
    return make_checkpoint()


@pytest.fixture(scope="session")
def exported(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> ExportResult:
    """The bundle of that checkpoint, as a directory, gated on the goldens alone."""
    return export_bundle(checkpoint, tmp_path_factory.mktemp("exported") / "bundle", ExportOptions())


@pytest.fixture(scope="session")
def graph(exported: ExportResult) -> onnx.ModelProto:
    """The fp32 graph of that bundle; tests that alter it copy it first."""
    return next(variant.graph for variant in exported.variants if variant.recipe.precision == "fp32")


@pytest.fixture(scope="session")
def bundle_path(exported: ExportResult) -> Path:
    """Where that bundle is; tests that alter it copy it first."""
    assert exported.path is not None
    return exported.path


POOLINGS = ("last", "max-mean", "mean", "max")


def checkpoint_for(make: MakeCheckpoint, pooling: str) -> Checkpoint:
    """Two layers that say enough; text version 2, since hypothesis knows characters that the interpreter may not."""
    checkpoint = make(pooling=pooling, layers=2, outputs=3)
    with torch.no_grad():
        checkpoint.model.head.weight.mul_(6)
    return replace(checkpoint, text=TextContract(max_length=checkpoint.text.max_length, version=2))


@pytest.fixture(scope="session")
def streaming(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ExportResult]:
    folder = tmp_path_factory.mktemp("streaming")
    options = ExportOptions(variants=("fp32", "int8"), streaming=True)
    checkpoints = {pooling: checkpoint_for(checkpoint_of, pooling) for pooling in POOLINGS}
    return {pooling: export_bundle(made, folder / pooling, options) for pooling, made in checkpoints.items()}


@pytest.fixture(scope="session")
def streaming_paths(streaming: dict[str, ExportResult]) -> dict[str, Path]:
    assert all(result.passed for result in streaming.values())
    return {pooling: result.path for pooling, result in streaming.items() if result.path}


@pytest.fixture(scope="session")
def classifiers(streaming_paths: dict[str, Path]) -> dict[str, Classifier]:
    return {pooling: Classifier.load(path, "onnxruntime", "fp32") for pooling, path in streaming_paths.items()}
