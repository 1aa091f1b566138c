"""The main job, as a user does it: train, export, verify, predict; and the shipped model on real reviews."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.cli import main
from tallygate.runtime.engines import available_engines, create_engine
from tallygate.runtime.parity.gate import check_parity, reference_from_goldens
from tallygate.runtime.parity.limits import gate_of
from tallygate.train.corpora import load_corpus
from tallygate.train.folder.checkpoint import load_checkpoint, shipped_checkpoint
from tallygate.train.loop.batching import encode
from tallygate.train.scores.evaluation import evaluate


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the built-in corpus."""
    folder = tmp_path_factory.mktemp("runs") / "mini"
    assert main(["train", "--data", "mini", "--preset", "tiny", "--out", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("name", ["mini.zip", "mini"])
def test_from_texts_to_answers(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    bundle = str(tmp_path / name)
    assert main(["export", str(trained), "--out", bundle]) == 0
    assert main(["verify", bundle]) == 0
    capsys.readouterr()
    texts = ["a wonderful film and a superb plot", "a dull film and a terrible plot"]
    assert main(["predict", "--bundle", bundle, "--format", "jsonl", *texts]) == 0
    answers = [json.loads(line)["label"] for line in capsys.readouterr().out.splitlines()]
    assert answers == ["positive", "negative"]


def test_the_bundle_answers_like_the_checkpoint_on_the_test_split(trained: Path, tmp_path: Path) -> None:
    assert main(["export", str(trained), "--out", str(tmp_path / "mini.zip")]) == 0
    checkpoint, test = load_checkpoint(trained), load_corpus("mini").test
    assert test is not None
    classifier = Classifier.load(tmp_path / "mini.zip")
    answers = classifier.predict(test.texts)
    accuracy = np.mean([answer.label == label for answer, label in zip(answers, test.labels, strict=True)])
    assert accuracy == pytest.approx(next(s.accuracy for s in checkpoint.training.scores if s.split == "test"))
    assert accuracy > 0.8


def test_the_shipped_bundle_is_the_shipped_checkpoint() -> None:
    manifest, checkpoint = open_bundle().manifest, load_checkpoint(shipped_checkpoint())
    assert (manifest.training, manifest.text) == (checkpoint.training, checkpoint.text)
    assert list(manifest.variants) == ["int8", "fp32", "integer"]
    assert manifest.training.parameters == {"embedding": 160_000, "lstm": 53_200, "head": 101}
    goldens = open_bundle().goldens()
    rows = encode([golden.text for golden in goldens], [0] * len(goldens), open_bundle().tokenizer())
    logits = evaluate(checkpoint.model, rows).numpy()
    np.testing.assert_allclose(logits, [golden.logits for golden in goldens], atol=1e-4)


@pytest.mark.parametrize("engine", available_engines())
def test_the_shipped_bundle_passes_its_gate(engine: str) -> None:
    bundle = open_bundle()
    report = check_parity(create_engine(bundle, engine), bundle.tokenizer(), reference_from_goldens(bundle.goldens()))
    assert report.passed, report.failures


@pytest.mark.imdb
@pytest.mark.parametrize("engine", available_engines())
def test_parity_on_2000_real_reviews(imdb_dir: Path, engine: str) -> None:
    corpus = load_corpus("imdb", data_dir=imdb_dir)
    texts = (corpus.validation.texts + corpus.train.texts)[:2000]
    checkpoint = load_checkpoint(shipped_checkpoint())
    precision = "integer" if engine == "native" else "fp32"
    classifier = Classifier.load(engine=engine, precision=precision)
    rows = encode(texts, [0] * len(texts), classifier.tokenizer)
    reference = evaluate(checkpoint.model, rows).numpy()
    logits = np.array([answer.logits for answer in classifier.predict(texts)], np.float32)
    assert reference.std() > 1
    assert np.abs(logits - reference).max() <= gate_of(precision).max_logit_difference
