"""The export, whole: what is written passes, and what fails is not written."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import onnx
import pytest
import torch
import yaml
from onnx import numpy_helper

from tallygate.export import pipeline
from tallygate.export.graph.tidy import with_weights
from tallygate.export.pipeline import export_bundle
from tallygate.export.references.validation import load_texts
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.export.variants.recipes import VARIANTS, VariantRecipe
from tallygate.runtime.bundle.reader import LAYOUT, open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.cli import main
from tallygate.runtime.errors import OutputError
from tallygate.train.corpora import review_sentences
from tallygate.train.folder.checkpoint import Checkpoint, DataSource, save_checkpoint

MakeCheckpoint = Callable[..., Checkpoint]


def flipped_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """A variant that says the opposite."""
    weights = {t.name: numpy_helper.to_array(t) for t in graph.graph.initializer if t.name == "head.weight"}
    return with_weights(graph, {"head.weight": -weights["head.weight"]})


@pytest.fixture
def flipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers a variant that fails its gate."""
    recipe = VariantRecipe("flipped", flipped_from_onnx, ("onnxruntime", "numpy"), {"session.disable_quant_qdq": "1"})
    monkeypatch.setitem(VARIANTS, "flipped", recipe)


def test_the_bundle_answers_like_the_checkpoint(checkpoint: Checkpoint, bundle_path: Path) -> None:
    classifier = Classifier.load(bundle_path, precision="fp32")
    for text in ["", *islice(review_sentences(9), 20)]:
        ids = classifier.tokenizer.encode(text)
        with torch.inference_mode():
            logits = checkpoint.model(torch.tensor([ids]), torch.tensor([len(ids)]))[0]
        assert classifier.predict(text).logits == pytest.approx(logits.tolist(), abs=1e-4)


def test_the_manifest_tells_what_was_proved(checkpoint: Checkpoint, exported: ExportResult, bundle_path: Path) -> None:
    manifest = open_bundle(bundle_path).manifest
    assert exported.passed
    assert [reference.data for reference in exported.references] == ["goldens"]
    assert manifest.name == "nowhere-tiny"
    assert manifest.labels == list(checkpoint.labels)
    variant = manifest.variants["fp32"]
    assert list(variant.parity) == variant.engines == ["onnxruntime", "numpy"]
    for parity in variant.parity.values():
        assert parity.data == "goldens"
        assert parity.rows == len(open_bundle(bundle_path).goldens())
        assert parity.max_logit_difference <= 1e-4
        assert parity.max_row_difference <= 1e-5


def test_the_bundle_holds_these_files_and_no_trace_of_this_machine(bundle_path: Path) -> None:
    files = {file.name: file.read_bytes() for file in bundle_path.iterdir()}
    assert set(files) == {
        LAYOUT.manifest, LAYOUT.vocabulary, LAYOUT.tokenizer, LAYOUT.goldens, LAYOUT.card, LAYOUT.model("fp32"),
        LAYOUT.model("int8"), LAYOUT.model("integer"),
    }  # fmt: skip
    # Long enough not to stand in a weight by chance.
    traces = [str(Path(__file__).resolve().parents[2] / "export").encode(), str(Path(sys.prefix, "lib")).encode()]
    assert not [name for name, data in files.items() if any(trace in data for trace in traces)]


@pytest.fixture
def traced_once(graph: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saves the time of tracing the same model again."""
    monkeypatch.setattr(pipeline, "onnx_from_checkpoint", lambda *_: graph)


@pytest.mark.usefixtures("traced_once")
def test_validation_and_training_texts_are_compared_where_they_are_at_hand(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    here = replace(checkpoint, data=DataSource(data="mini"))
    result = export_bundle(here, tmp_path / "bundle.zip", ExportOptions())
    assert [reference.data for reference in result.references] == ["goldens", "mini validation", "mini training"]
    variant = open_bundle(tmp_path / "bundle.zip").manifest.variants["fp32"]
    assert variant.accuracy is not None
    assert variant.accuracy.rows == 500
    assert variant.parity["numpy"].data == "goldens, 500 mini validation texts and 1,500 mini training texts"
    assert variant.parity["numpy"].rows == 2000 + len(open_bundle(tmp_path / "bundle.zip").goldens())


def test_data_of_other_labels_is_not_the_validation_data(checkpoint_of: MakeCheckpoint) -> None:
    assert load_texts(replace(checkpoint_of(3), data=DataSource(data="mini"))) == []
    assert load_texts(replace(checkpoint_of(1), data=DataSource(data="mini"))) != []


@pytest.mark.usefixtures("traced_once", "flipped")
def test_a_variant_that_fails_is_left_out(checkpoint: Checkpoint, tmp_path: Path) -> None:
    result = export_bundle(checkpoint, tmp_path / "bundle", ExportOptions(variants=("fp32", "flipped")))
    assert not result.passed
    assert list(open_bundle(tmp_path / "bundle").manifest.variants) == ["fp32"]
    assert not (tmp_path / "bundle" / LAYOUT.model("flipped")).exists()
    failures = [failure for variant in result.variants for report in variant.reports for failure in report.failures()]
    assert any("flipped on onnxruntime: max logit difference" in failure for failure in failures)


@pytest.mark.usefixtures("traced_once", "flipped")
def test_nothing_is_written_where_all_variants_fail(checkpoint: Checkpoint, tmp_path: Path) -> None:
    result = export_bundle(checkpoint, tmp_path / "bundle.zip", ExportOptions(variants=("flipped",)))
    assert result.path is None
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_says_nothing_is_not_written(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = checkpoint_of()
    with torch.no_grad():
        checkpoint.model.head.weight.mul_(1e-3)
    save_checkpoint(tmp_path / "run", checkpoint)
    assert main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "bundle.zip")]) == 1
    captured = capsys.readouterr()
    assert "no bundle written" in captured.out
    assert "deviation of the reference's logits" in captured.err
    assert {file.name for file in tmp_path.iterdir()} == {"run", "bundle.parity.md", "bundle.parity"}


def test_the_command_prints_what_it_made(
    checkpoint: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_checkpoint(tmp_path / "run", checkpoint)
    options = ["--out", str(tmp_path / "bundle"), "--name", "mine", "--target-opset", "20", "--license", "mit"]
    assert main(["export", str(tmp_path / "run"), *options]) == 0
    out = capsys.readouterr().out
    assert "goldens ONLY" in out
    assert "opset 20" in out
    assert str(tmp_path / "bundle") in out
    manifest = open_bundle(tmp_path / "bundle").manifest
    assert (manifest.name, manifest.variants["fp32"].opset) == ("mine", 20)
    header = (tmp_path / "bundle" / LAYOUT.card).read_text("utf-8").split("---")[1]
    assert yaml.safe_load(header)["license"] == "mit"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing", "--out", "new"], "missing: there is no checkpoint"),
        (["run", "--out", "new", "--target-opset", "9"], "opset 9: cannot be written"),
        (["run", "--out", "run"], "run: exists already; add --force to overwrite it"),
        (["run", "--out", "run", "--force"], "run: is no bundle, so --force does not overwrite it"),
        (["run", "--out", "run/checkpoint.json/new.zip"], "cannot be written"),
        (["run", "--out", "new", "--data-dir", "elsewhere"], "--data-dir elsewhere"),
    ],
)
def test_bad_usage_is_one_line_and_leaves_nothing(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], words: str,
) -> None:  # fmt: skip
    save_checkpoint(tmp_path / "run", checkpoint)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    assert main(["export", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert sorted(tmp_path.rglob("*")) == before


def test_an_existing_name_is_refused_before_any_work(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "onnx_from_checkpoint", lambda *_: pytest.fail("worked in vain"))
    (tmp_path / "bundle.zip").write_bytes(b"mine")
    with pytest.raises(OutputError):
        export_bundle(checkpoint, tmp_path / "bundle.zip", ExportOptions())
    assert (tmp_path / "bundle.zip").read_bytes() == b"mine"


def test_another_process_writes_the_same_zip(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = checkpoint_of(bidirectional=True)
    save_checkpoint(tmp_path / "run", checkpoint)
    assert main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "a.zip")]) == 0
    assert f"a.zip ({(tmp_path / 'a.zip').stat().st_size:,} bytes)" in capsys.readouterr().out
    code = "import sys; from tallygate.runtime.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["export", str(tmp_path / "run"), "--out", str(tmp_path / "b.zip")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    unlike = [name for name, data in _entries(tmp_path / "a.zip").items() if _entries(tmp_path / "b.zip")[name] != data]
    assert unlike == []
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def _entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
