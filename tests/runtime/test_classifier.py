"""The classifier: order, streaming, calibration, many labels, and the check at load."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallygate.runtime import batches
from tallygate.runtime import classifier as classifier_module
from tallygate.runtime.bundle.reader import LAYOUT
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import GateError, InputError, UsageError
from tallygate.runtime.prediction import label_indices, probabilities_from_logits
from tests.runtime.conftest import ToyBundle, toy_model

SENTENCES = st.lists(st.sampled_from(["good", "bad", "film", "not", "very", "other"]), max_size=12).map(" ".join)


@pytest.fixture
def classifier(toy_path: Path) -> Classifier:
    return Classifier.load(toy_path)


def test_answers_by_the_kind_of_input(classifier: Classifier) -> None:
    one = classifier.predict("good film")
    assert classifier.predict(["good film"]) == [one]
    assert classifier.predict(("good film",)) == [one]
    assert classifier.predict([]) == []
    stream = classifier.predict(iter(["good film"]))
    assert isinstance(stream, Iterator)
    assert list(stream) == [one]


def test_says_what_computed_it(classifier: Classifier) -> None:
    answer = classifier.predict("")
    assert (answer.engine, answer.precision, answer.provider) == ("onnxruntime", "fp32", "CPUExecutionProvider")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(texts=st.lists(SENTENCES, max_size=40))
def test_order_is_kept_and_company_does_not_matter(classifier: Classifier, texts: list[str]) -> None:
    for text, answer in zip(texts, classifier.predict(texts), strict=True):
        alone = classifier.predict(text)
        assert answer.label == alone.label
        assert answer.logits == pytest.approx(alone.logits, abs=1e-5)


def test_streams_an_endless_iterator(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier_module, "WINDOW", 4)
    read = count()
    answers = classifier.predict("good" if next(read) % 2 else "bad" for _ in count())
    assert len(list(islice(answers, 10))) == 10
    assert next(read) <= 12


def test_long_rows_go_in_smaller_batches(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_IDS", 16)
    shapes = []
    run = classifier.engine.run
    monkeypatch.setattr(classifier.engine, "run", lambda ids, lengths: shapes.append(ids.shape) or run(ids, lengths))
    classifier.predict(["good " * n for n in (1, 2, 8, 8, 8, 8)])
    assert all(batch == 1 or batch * time <= 16 for batch, time in shapes)
    assert sum(batch for batch, _ in shapes) == 6


def test_two_labels_share_one_logit_and_the_temperature_calibrates(classifier: Classifier) -> None:
    answer = classifier.predict("very good film")
    (logit,) = answer.logits
    positive = 1 / (1 + math.exp(-logit / 2.0))
    assert answer.probabilities == pytest.approx({"bad": 1 - positive, "good": positive})
    assert answer.label == ("good" if logit > 0 else "bad")
    assert answer.score == answer.probabilities[answer.label] >= 0.5


@pytest.mark.parametrize("engine", ["onnxruntime", "numpy"])
def test_temperatures_go_by_the_tokens_that_are_read(tmp_path: Path, engine: str) -> None:
    toy = ToyBundle()
    del toy.manifest["temperature"]
    toy.manifest |= {"schema": "1.1", "calibration": {"law": "", "table": [4.0, 0.5, 2.0]}}
    classifier = Classifier.load(toy.write_directory(tmp_path / "toy"), engine)
    texts = ["", "good", "very good", "very good film", "good film " * 4, "good film " * 9]
    for answer, temperature in zip(classifier.predict(texts), [4.0, 4.0, 0.5, 2.0, 2.0, 2.0], strict=True):
        assert answer.probabilities["good"] == pytest.approx(1 / (1 + math.exp(-answer.logits[0] / temperature)))
    alone = [classifier.predict(text).score for text in texts]
    assert [answer.score for answer in classifier.predict(texts)] == pytest.approx(alone, abs=1e-6)
    assert [answer.score for answer in classifier.predict(iter(texts))] == pytest.approx(alone, abs=1e-6)
    unsure, sure = classifier.predict(["good", "very good"], abstain_below=classifier.predict("very good").score - 1e-6)
    assert (unsure.label is None, sure.label is None) == (True, False)


def test_many_labels_have_one_logit_each(tmp_path: Path) -> None:
    labels = ["calm", "cross", "glad", "sad"]
    classifier = Classifier.load(ToyBundle(labels=labels).write_directory(tmp_path / "toy"))
    answer = classifier.predict("very good film")
    assert len(answer.logits) == 4
    assert answer.label == labels[int(np.argmax(answer.logits))]
    assert sum(answer.probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize("labels", [["bad", "good"], ["calm", "cross", "glad", "sad"]])
def test_abstains_below_a_score_and_nothing_else_changes(tmp_path: Path, labels: list[str]) -> None:
    classifier = Classifier.load(ToyBundle(labels=labels).write_directory(tmp_path / "toy"))
    answer = classifier.predict("very good film")
    above = math.nextafter(answer.score, 2)
    assert classifier.predict("very good film", abstain_below=answer.score) == answer
    abstained = classifier.predict("very good film", abstain_below=above)
    assert abstained == replace(answer, label=None)
    assert abstained.likeliest == answer.likeliest == answer.label
    assert classifier.predict(["very good film"], abstain_below=above) == [abstained]
    assert list(classifier.predict(iter(["very good film"]), abstain_below=above)) == [abstained]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_refuses_a_threshold_before_it_reads_a_text(classifier: Classifier, threshold: float) -> None:
    with pytest.raises(UsageError, match=r"abstain_below .*: is no probability"):
        classifier.predict(iter(()), abstain_below=threshold)


def test_probabilities_do_not_overflow() -> None:
    assert probabilities_from_logits(np.array([[1e4], [-1e4]], np.float32), 0.5).tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert label_indices(np.array([[0.0], [1e-9]], np.float32)).tolist() == [0, 1]


@pytest.mark.parametrize("wrong", [None, float("nan"), 3, b"good", ["good"]])
def test_refuses_what_is_no_text(classifier: Classifier, wrong: object) -> None:
    with pytest.raises(InputError, match="text 2: is of type"):
        classifier.predict(["good", wrong])  # type: ignore[list-item]


@pytest.mark.parametrize("engine", ["onnxruntime", "numpy"])
def test_refuses_to_serve_other_weights(toy: ToyBundle, tmp_path: Path, engine: str) -> None:
    toy.files[LAYOUT.model("fp32")] = toy_model(seed=1)
    toy.match_hashes()
    with pytest.raises(GateError, match=rf"fp32 on {engine} is .* off on a golden row"):
        Classifier.load(toy.write_directory(tmp_path / "toy"), engine)


def test_refuses_to_serve_another_tokenizer(toy: ToyBundle, tmp_path: Path) -> None:
    toy.files[LAYOUT.vocabulary] = toy.files[LAYOUT.vocabulary].replace(b"very\t7", b"quite\t7")
    toy.match_hashes()
    with pytest.raises(GateError, match="tokenizer gives other ids"):
        Classifier.load(toy.write_directory(tmp_path / "toy"))


def test_threads_share_one_classifier(classifier: Classifier) -> None:
    texts = [" ".join(["good", "bad", "film"][: n % 4]) for n in range(200)]
    expected = classifier.predict(texts)
    with ThreadPoolExecutor(8) as pool:
        assert all(answer == expected for answer in pool.map(lambda _: classifier.predict(texts), range(16)))


def test_a_ten_million_word_text_is_answered(classifier: Classifier) -> None:
    assert classifier.predict("bad film " * 5_000_000).logits == classifier.predict("bad film " * 4).logits


@pytest.mark.parametrize(
    "options",
    [{"threads": 0}, {"threads": "2"}, {"threads": 2.5}, {"batch_size": 0}, {"batch_size": -1}, {"batch_size": 1.5}],
)
def test_numbers_that_cannot_be_are_one_line(toy_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=rf"^{next(iter(options))} .*; give an") as caught:
        Classifier.load(toy_path, **options)
    assert "\n" not in str(caught.value)
