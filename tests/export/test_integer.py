"""The integer variant: made from the bundle's own graph to the byte, gated, and run by whatever engine is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import msgspec
import numpy as np
import pytest
import torch

from tallygate.export.graph import onnx_from_checkpoint
from tallygate.export.image import Formats, Ranges, formats_for, measured_ranges
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.export.variants import ImageFacts, image_from_weights, integer_from_onnx
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import Bundle, Temperatures, open_bundle
from tallygate.runtime.engines.integer import available_kernels, library_is_there, read_image
from tallygate.runtime.engines.plain import Weights, weights_from_onnx
from tallygate.runtime.errors import EngineUnavailableError, InputError, VariantUnfitError
from tallygate.runtime.graph import read_onnx
from tallygate.runtime.parity.limits import GATES
from tallygate.runtime.unicode import WORD, unicode_tables
from tallygate.train.folder import Checkpoint
from tallygate.train.network import LSTMClassifier
from tests.ngrams import random_part

MakeCheckpoint = Callable[..., Checkpoint]
ENGINES = ["numpy", *(["native"] if library_is_there() else [])]
TEXTS = ["a good film", "not bad at all", "", "the plot is thin, and the end too long"]


@pytest.fixture(scope="module")
def integer_bundle(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path = tmp_path_factory.mktemp("integer") / "bundle"
    by_length = Temperatures(law="by length", table=tuple(3.0 - 0.05 * tokens for tokens in range(40)))
    checkpoint = checkpoint_of(outputs=3, bidirectional=True, pooling="mean", pooling_floor=9)
    checkpoint = replace(checkpoint, temperatures=by_length)
    result = export_bundle(checkpoint, path, ExportOptions(variants=("fp32", "integer"), demanded=("integer",)))
    assert result.passed, [report.failures() for variant in result.variants for report in variant.reports]
    return open_bundle(path)


@pytest.mark.parametrize(("outputs", "longest"), [(1, 3), (8, 2)])
def test_words_and_ngrams_go_into_the_image_and_through_its_gate(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, outputs: int, longest: int
) -> None:
    plain = checkpoint_of(outputs, pooling="mean", pooling_floor=9)
    part = random_part(plain.vocabulary.size, outputs, longest)
    model = LSTMClassifier(msgspec.structs.replace(plain.model.architecture, ngrams=part.shape))
    beside = {f"ngrams.{name}": buffer for name, buffer in part.state_dict().items()}
    model.load_state_dict({**plain.model.state_dict(), **beside})
    result = export_bundle(
        replace(plain, model=model.eval()), tmp_path / "bundle", ExportOptions(variants=("fp32", "int8", "integer"))
    )
    assert result.passed, [failure for v in result.variants for r in v.reports for failure in r.failures()]
    image = read_image(open_bundle(tmp_path / "bundle").read("model.integer.bin"), "image")
    assert image.model.ngrams is not None
    assert (image.model.ngrams.codes == part.codes.numpy()).all()
    text = "the film is good , the film is not good"
    found = [Classifier.load(tmp_path / "bundle", engine, "integer").predict(text).logits for engine in ENGINES]
    assert found == [found[0]] * len(ENGINES)
    exact = Classifier.load(tmp_path / "bundle", "numpy", "fp32").predict(text).logits
    assert found[0] == pytest.approx(exact, abs=0.05)
    with pytest.raises(InputError, match="has n-grams, of which a stream does not remember"):
        Classifier.load(tmp_path / "bundle", "numpy", "integer").stream()


def weights_of(bundle: Bundle) -> Weights:
    return weights_from_onnx(read_onnx(bundle.read("model.fp32.onnx"), "fp32"), "fp32")


def test_the_graph_makes_its_image_again_to_the_byte(integer_bundle: Bundle) -> None:
    written = integer_bundle.read("model.integer.bin")
    image, manifest = read_image(written, "image"), integer_bundle.manifest
    facts = ImageFacts(
        vocabulary=integer_bundle.tokenizer().vocabulary,
        contract=manifest.text,
        labels=manifest.labels,
        temperatures=manifest.temperatures.table,
        texts=[golden.text for golden in image.goldens],
        measured=(),
    )
    assert image.model.floor == 9
    formats = Formats(image.model.gate_bits, image.model.cell_bits)
    assert image_from_weights(weights_of(integer_bundle), facts, formats) == written


def test_image_and_manifest_hold_the_checkpoints_temperatures_to_the_bit(integer_bundle: Bundle) -> None:
    image = read_image(integer_bundle.read("model.integer.bin"), "image")
    assert integer_bundle.manifest.schema != "1.0"
    assert integer_bundle.manifest.temperatures.table == tuple(image.temperatures)
    assert image.temperatures[[0, 39]].tolist() == [3.0, 3.0 - 0.05 * 39]
    for text, temperature in (("", 3.0), ("film", 3.0), ("a good film", 2.9), ("film " * 99, 3.0 - 0.05 * 39)):
        answers = [Classifier.load(integer_bundle.path, engine, "integer").predict(text) for engine in ENGINES]
        scaled = np.exp(np.array(answers[0].logits) / temperature)
        for answer in answers:
            assert list(answer.probabilities.values()) == pytest.approx((scaled / scaled.sum()).tolist(), abs=1e-12)


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


def test_a_bundle_without_an_image_has_nothing_for_the_c_core(checkpoint: Checkpoint, tmp_path: Path) -> None:
    export_bundle(checkpoint, tmp_path / "bundle", ExportOptions(variants=("fp32",)))
    with pytest.raises(EngineUnavailableError, match="no variant native"):
        Classifier.load(tmp_path / "bundle", engine="native")


def test_every_export_holds_it(exported: ExportResult) -> None:
    assert [variant.recipe.precision for variant in exported.variants] == ["int8", "fp32", "integer"]
    assert exported.passed
    assert "model.integer.bin" in exported.files


def counting(checkpoint: Checkpoint) -> Checkpoint:
    """Its first unit adds 1 to its cell at every token."""
    lstm = checkpoint.model.lstm[0].forward_lstm
    with torch.no_grad():
        for row in (0, 7, 14):  # input gate, forget gate, candidate: PyTorch's order
            lstm.bias[row] = 30
            lstm.weight_ih[row] = 0
            lstm.weight_hh[row] = 0
    return checkpoint


def test_a_model_whose_cells_fit_no_format_is_refused_in_one_line(
    checkpoint_of: MakeCheckpoint, tmp_path: Path
) -> None:
    result = export_bundle(counting(checkpoint_of()), tmp_path / "bundle", ExportOptions())
    assert str(result.refusals["integer"]) == (
        "the integer variant: reaches 50 in its cells, too far for int16; "
        "train with weight decay, or leave the variant out"
    )
    assert set(open_bundle(tmp_path / "bundle").manifest.variants) == {"int8", "fp32"}
    assert result.passed  # a default that does not fit is told, and nothing has failed
    assert not replace(result, demanded=["integer"]).passed


def test_a_model_that_the_integers_are_too_coarse_for_is_exported_without_them(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GATES, "integer", replace(GATES["integer"], max_logit_difference=0.0))
    result = export_bundle(checkpoint, tmp_path / "bundle", ExportOptions(variants=("fp32", "integer")))
    failures = [failure for variant in result.variants for report in variant.reports for failure in report.failures()]
    kernel = rf" on native \(({'|'.join(available_kernels())})\)" if library_is_there() else " on numpy"
    assert re.match(rf"integer{kernel}: max logit difference \S+, above 0", failures[0])
    assert set(open_bundle(tmp_path / "bundle").manifest.variants) == {"fp32"}
    assert result.passed
    assert not replace(result, demanded=["integer"]).passed


def test_a_model_of_a_size_that_no_image_has_is_refused_in_one_line(checkpoint_of: MakeCheckpoint) -> None:
    checkpoint = checkpoint_of(hidden_size=513)
    facts = ImageFacts(checkpoint.vocabulary, checkpoint.text, checkpoint.labels, (1.0,), TEXTS, ())
    with pytest.raises(VariantUnfitError, match=r"is not a device image \(hidden has an impossible size\)"):
        integer_from_onnx(onnx_from_checkpoint(checkpoint), facts)


@pytest.fixture(scope="module")
def bundle_of_version_1(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("version 1") / "bundle"
    options = ExportOptions(variants=("fp32", "integer"), demanded=("integer",))
    assert export_bundle(checkpoint_of(text_version=1), path, options).passed
    return path


def test_ids_are_by_the_contract_that_the_bundle_names(bundle_of_version_1: Path) -> None:
    """A letter that this Python's Unicode does not know yet separates in version 1, and is a letter in version 2."""
    words = sorted(open_bundle(bundle_of_version_1).tokenizer().vocabulary.rows)[:2]
    newer = next(c for c in map(chr, range(0x10000, 0x11000)) if category(c) == "Cn" and is_letter(c))
    for engine in ("native", "numpy") if library_is_there() else ("numpy",):
        classifier = Classifier.load(bundle_of_version_1, engine, "integer")
        apart = classifier.predict(" ".join(words)).logits
        assert classifier.predict(newer.join(words)).logits == apart
        assert classifier.predict([newer.join(words), ""])[0].logits == apart
        with pytest.raises(InputError, match="reads texts by version 1 of the text contract, and pieces are read by"):
            classifier.stream()
        with pytest.raises(InputError, match="version 1 of the text contract"):
            classifier.streams(2)


def is_letter(character: str) -> bool:
    return bool(unicode_tables().classes[ord(character)] & WORD)


def test_an_image_of_another_model_is_not_served(integer_bundle: Bundle) -> None:
    """The parity gate compares with PyTorch, whatever goldens the image holds for itself."""
    weights = weights_of(integer_bundle)
    negated = replace(weights, head_weight=-weights.head_weight)
    facts = ImageFacts(
        integer_bundle.tokenizer().vocabulary,
        integer_bundle.manifest.text,
        integer_bundle.manifest.labels,
        (1.0,),
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
    assert formats_for(Ranges(1.0, 1.0, 25.0)).cell_bits == 10
    with pytest.raises(VariantUnfitError, match="in its cells, too far for int16"):
        formats_for(Ranges(1.0, 1.0, 26.0))
    with pytest.raises(VariantUnfitError, match="before its gates, too far for int16"):
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
