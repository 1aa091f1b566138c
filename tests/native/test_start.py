"""How a process starts on the C core: what it loads, what it has proved before, and what it proves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.export.image import Formats
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.export.variants import ImageFacts, image_from_weights
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import Bundle, open_bundle
from tallygate.runtime.engines.integer import NativeEngine, load_library, read_image
from tallygate.runtime.engines.plain import weights_from_onnx
from tallygate.runtime.errors import GateError
from tallygate.runtime.graph import read_onnx
from tallygate.runtime.parity import check_goldens
from tallygate.runtime.text import Vocabulary
from tests.export.conftest import make_checkpoint

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

STARTED = """
import sys
from tallygate.runtime import Classifier
classifier = Classifier.load(sys.argv[1])
answers = [classifier.predict("good film"), *classifier.predict(["good film", "not good", ""])]
print([answer.engine for answer in answers], "numpy" in sys.modules)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path = tmp_path_factory.mktemp("start") / "bundle"
    assert export_bundle(make_checkpoint(), path, ExportOptions(demanded=("integer",))).passed
    return open_bundle(path)


def test_a_process_that_asks_a_proved_bundle_for_texts_loads_no_numpy(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path))
    command = [sys.executable, "-c", STARTED, bundle.path]
    told = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert told == [f"{['native'] * 4} {asks}\n" for asks in (True, False)]  # the first process proves it


def test_answers_are_those_of_ids(bundle: Bundle) -> None:
    classifier = Classifier.load(bundle.path, "native")
    texts = ["good film", "", "not bad at all " * 30]
    rows = classifier.logits([classifier.tokenizer.encode(text) for text in texts]).tolist()
    assert [list(answer.logits) for answer in classifier.predict(texts)] == rows
    assert [list(classifier.predict(text).logits) for text in texts] == rows


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kernels whose golden texts were asked."""
    seen: list[str] = []
    check = NativeEngine.check_goldens
    monkeypatch.setattr(NativeEngine, "check_goldens", lambda self: (seen.append(self.kernel), check(self))[1])
    return seen


def test_the_cores_goldens_are_asked_once_per_bundle_kernel_and_build(
    bundle: Bundle, checked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path))
    for _ in range(2):
        Classifier.load(bundle.path, kernel="scalar")
    assert checked == ["scalar"]
    best = Classifier.load(bundle.path, "native").engine.provider
    assert checked == (["scalar"] if best == "scalar" else ["scalar", best])
    checked.clear()
    monkeypatch.setattr(load_library(), "build", "another file")
    Classifier.load(bundle.path, kernel="scalar")
    assert checked == ["scalar"]


def test_an_image_of_other_words_is_not_served(bundle: Bundle) -> None:
    """Its graph and its own goldens are sound, but a text's words have other rows than the bundle's."""
    manifest, image = bundle.manifest, read_image(bundle.read("model.integer.bin"), "image")
    rows = dict(bundle.tokenizer().vocabulary.rows)
    words = sorted(rows, key=lambda word: rows[word])
    rows[words[0]], rows[words[1]] = rows[words[1]], rows[words[0]]
    facts = ImageFacts(
        Vocabulary(rows, manifest.vocabulary_rows),
        manifest.text,
        manifest.labels,
        manifest.temperatures.table,
        [golden.text for golden in image.goldens],
        (),
    )
    weights = weights_from_onnx(read_onnx(bundle.read("model.fp32.onnx"), "fp32"), "fp32")
    engine = NativeEngine(image_from_weights(weights, facts, Formats(image.model.gate_bits, image.model.cell_bits)))
    engine.check_goldens()
    with pytest.raises(GateError, match="its C tokenizer gives other ids than the reference on a golden row"):
        check_goldens(bundle, bundle.tokenizer, engine, again=True)
