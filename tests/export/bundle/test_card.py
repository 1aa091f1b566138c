"""The model card: a header that YAML readers take, and facts of the manifest."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from tallygate.export.bundle.card import model_card
from tallygate.export.results import ExportOptions
from tallygate.runtime.bundle.manifest import Manifest, Score
from tallygate.runtime.bundle.reader import open_bundle


@pytest.fixture(scope="module")
def manifest(bundle_path: Path) -> Manifest:
    """Of a binary model of a foreign corpus."""
    return open_bundle(bundle_path).manifest


def header(card: str) -> dict[str, object]:
    facts = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(facts, dict)
    return facts


def test_the_header_of_a_foreign_corpus(manifest: Manifest) -> None:
    facts = header(model_card(manifest, ExportOptions(language="no")))
    assert facts["license"] == "other"
    assert facts["language"] == "no"
    assert facts["pipeline_tag"] == "text-classification"
    assert "datasets" not in facts


def test_the_header_of_a_built_in_corpus(manifest: Manifest) -> None:
    score = Score(data="imdb", split="test", rows=25_000, accuracy=0.8627, interval=(0.858, 0.867), macro_f1=0.8626)
    training = msgspec.structs.replace(manifest.training, data="imdb", scores=[score])
    card = model_card(msgspec.structs.replace(manifest, training=training, name='a "b": c'), ExportOptions())
    facts = header(card)
    assert (facts["license"], facts["language"], facts["datasets"]) == ("apache-2.0", "en", ["imdb"])
    index = facts["model-index"]
    assert isinstance(index, list)
    assert index[0]["name"] == 'a "b": c'
    assert index[0]["results"][0]["metrics"][0] == {"type": "accuracy", "value": 0.8627}
    assert "86.27%" in card


def test_session_options_and_batch_dependence_are_told(manifest: Manifest) -> None:
    only_fp32 = msgspec.structs.replace(manifest, variants={"fp32": manifest.variants["fp32"]})
    assert "session option" not in model_card(only_fp32, ExportOptions())
    variant = msgspec.structs.replace(
        manifest.variants["fp32"], session={"session.disable_quant_qdq": "1"}, batch_invariant=False
    )
    card = model_card(msgspec.structs.replace(manifest, variants={"int8": variant}), ExportOptions())
    assert "`int8` needs the onnxruntime session option `session.disable_quant_qdq=1`" in card
    assert "In `int8` a text's answer can depend on the others" in card


def test_labels_with_marks_stay_on_their_line(manifest: Manifest) -> None:
    card = model_card(msgspec.structs.replace(manifest, labels=["a`b", "two\nlines", "x"]), ExportOptions())
    assert "`` a`b ``, `two lines`, `x`" in card


def test_labels_do_nothing_to_a_terminal_that_shows_the_card(manifest: Manifest) -> None:
    card = model_card(msgspec.structs.replace(manifest, labels=["a\x1b[31mred", "b"]), ExportOptions())
    assert "\x1b" not in card
    assert "`a\\u001b[31mred`" in card
