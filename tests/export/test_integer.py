"""The integer variant: made from the bundle's own graph to the byte, gated, and run by whatever engine is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tallygate.export.image import Formats, Ranges, formats_for, measured_ranges
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.export.variants import ImageFacts, image_from_weights
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import Bundle, open_bundle
from tallygate.runtime.engines.integer import library_is_there, read_image
from tallygate.runtime.engines.plain import Weights, weights_from_onnx
from tallygate.runtime.errors import EngineUnavailableError, ExportError
from tallygate.runtime.graph import read_onnx
from tallygate.train.folder import Checkpoint

MakeCheckpoint = Callable[..., Checkpoint]
TEXTS = ["a good film", "not bad at all", "", "the plot is thin, and the end too long"]


@pytest.fixture(scope="module")
def integer_bundle(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path = tmp_path_factory.mktemp("integer") / "bundle"
    checkpoint = checkpoint_of(outputs=3, bidirectional=True, pooling="mean", pooling_floor=9)
    result = export_bundle(checkpoint, path, ExportOptions(variants=("fp32", "integer")))
    assert result.passed, [report.failures() for variant in result.variants for report in variant.reports]
    return open_bundle(path)


def weights_of(bundle: Bundle) -> Weights:
    return weights_from_onnx(read_onnx(bundle.read("model.fp32.onnx"), "fp32"), "fp32")


def test_the_graph_makes_its_image_again_to_the_byte(integer_bundle: Bundle) -> None:
    written = integer_bundle.read("model.integer.bin")
    image, manifest = read_image(written, "image"), integer_bundle.manifest
    facts = ImageFacts(
        vocabulary=integer_bundle.tokenizer().vocabulary,
        contract=manifest.text,
        labels=manifest.labels,
        temperature=manifest.temperature,
        texts=[golden.text for golden in image.goldens],
        measured=(),
    )
    assert image.model.floor == 9
    formats = Formats(image.model.gate_bits, image.model.cell_bits)
    assert image_from_weights(weights_of(integer_bundle), facts, formats) == written


def test_its_gate_passed_on_every_engine_that_is_here(integer_bundle: Bundle) -> None:
    variant = integer_bundle.manifest.variants["integer"]
    assert set(variant.parity) == {"numpy", *(["native"] if library_is_there() else [])}
    assert all(parity.max_row_difference == 0 for parity in variant.parity.values())


def test_engines_answer_alike(integer_bundle: Bundle) -> None:
    if not library_is_there():
        pytest.skip("needs the C core: pip install ./runtime/tallygate-native")
    native = Classifier.load(integer_bundle.path, engine="native")
    numpy = Classifier.load(integer_bundle.path, engine="numpy", precision="integer")
    for one, other in zip(native.predict(TEXTS), numpy.predict(TEXTS), strict=True):
        assert one.logits == other.logits
    assert native.predict(TEXTS[0]).logits == native.predict(TEXTS)[0].logits


def test_auto_takes_the_c_core_where_there_is_an_image(integer_bundle: Bundle) -> None:
    expected = "native" if library_is_there() else "onnxruntime"
    assert Classifier.load(integer_bundle.path).engine.name == expected
    assert Classifier.load(integer_bundle.path, precision="fp32").engine.name == "onnxruntime"


def test_a_bundle_without_an_image_has_nothing_for_the_c_core(bundle_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="no variant native"):
        Classifier.load(bundle_path, engine="native")


def test_an_image_of_another_model_is_not_served(integer_bundle: Bundle) -> None:
    """The parity gate compares with PyTorch, whatever goldens the image holds for itself."""
    weights = weights_of(integer_bundle)
    negated = replace(weights, head_weight=-weights.head_weight)
    facts = ImageFacts(
        integer_bundle.tokenizer().vocabulary,
        integer_bundle.manifest.text,
        integer_bundle.manifest.labels,
        1.0,
        TEXTS,
        (),
    )
    from tallygate.export.variants import VARIANTS
    from tallygate.runtime.parity import check_parity, reference_from_goldens

    engine = VARIANTS["integer"].engine("numpy", image_from_weights(negated, facts, Formats()))
    goldens = reference_from_goldens(integer_bundle.goldens())
    assert not check_parity(engine, integer_bundle.tokenizer(), goldens).passed


def test_formats_hold_what_was_measured() -> None:
    assert formats_for(Ranges(1.0, 1.0, 1.0)) == Formats(10, 12)
    assert formats_for(Ranges(13.0, 1.0, 1.0)).gate_bits == 9  # the states' part has one bit less
    assert formats_for(Ranges(1.0, 26.0, 1.0)).gate_bits == 9
    assert formats_for(Ranges(1.0, 1.0, 7.0)).cell_bits == 11
    assert formats_for(Ranges(1.0, 1.0, 1000.0)).cell_bits == 10
    with pytest.raises(ExportError, match="too far for int16"):
        formats_for(Ranges(1.0, 200.0, 1.0))


def test_ranges_are_those_of_the_equations(integer_bundle: Bundle) -> None:
    """One word, one step: the state adds nothing yet, and the cell is input gate times candidate."""
    weights = weights_of(integer_bundle)
    found = measured_ranges(weights, [[5]])
    z = [layer.inputs @ weights.embedding[5] + layer.bias for layer in weights.layers[0]]
    cells = []
    for gates in z:
        i, _, _, c = np.split(gates, 4)
        cells.append(np.abs(np.tanh(c) / (1 + np.exp(-i))).max())
    assert found.remembered == 0
    assert found.cell == pytest.approx(max(cells), rel=1e-5)
