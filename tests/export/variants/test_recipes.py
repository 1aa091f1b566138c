"""Variants through the whole export: what is written, what is refused, and the report that says why."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tallygate.export.bundle.ort_format import CONFIG, write_ort_files
from tallygate.export.command import COMMAND
from tallygate.export.graph.from_checkpoint import onnx_from_checkpoint
from tallygate.export.graph.target_ort import target_from_version
from tallygate.export.parity.files import page_path, report_path
from tallygate.export.parity.findings import accuracy_change, findings
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.export.variants.int8_dynamic import int8_dynamic_from_onnx
from tallygate.export.variants.recipes import DEFAULT_VARIANTS
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines import create_engine
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.errors import EngineUnavailableError, InputError, UsageError
from tallygate.runtime.parity.comparison import Comparison
from tallygate.runtime.parity.gate import ParityResult, Reference
from tallygate.runtime.parity.report import GateReport
from tallygate.train.folder.checkpoint import Checkpoint


def test_the_default_is_int8_then_fp32_then_integer(exported: ExportResult, bundle_path: Path) -> None:
    assert DEFAULT_VARIANTS == ("int8", "fp32", "integer")
    bundle = open_bundle(bundle_path)
    assert list(bundle.manifest.variants) == ["int8", "fp32", "integer"]
    assert bundle.manifest.variants["int8"].session == {"session.disable_quant_qdq": "1"}
    assert bundle.manifest.variants["int8"].batch_invariant
    for engine in ("onnxruntime", "numpy"):
        assert create_engine(bundle, engine).precision == "int8"
    assert exported.passed


@pytest.fixture(scope="module")
def dynamic(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> ExportResult:
    options = ExportOptions(variants=("fp32", "int8-dynamic"))
    return export_bundle(checkpoint, tmp_path_factory.mktemp("dynamic") / "bundle", options)


def test_int8_dynamic_is_marked_and_not_for_numpy(dynamic: ExportResult) -> None:
    assert dynamic.path is not None
    bundle = open_bundle(dynamic.path)
    variant = bundle.manifest.variants["int8-dynamic"]
    assert not variant.batch_invariant
    assert variant.engines == ["onnxruntime"]
    assert "answer can depend on the others" in (dynamic.path / "README.md").read_text("utf-8")
    with pytest.raises(EngineUnavailableError):
        create_engine(bundle, "numpy", "int8-dynamic")


def test_int8_dynamic_weights_fit_7_bits_and_a_length_of_0_is_refused(checkpoint: Checkpoint) -> None:
    graph = int8_dynamic_from_onnx(onnx_from_checkpoint(checkpoint))
    assert "DynamicQuantizeLSTM" in {node.op_type for node in graph.graph.node}
    from onnx import numpy_helper

    codes = [
        numpy_helper.to_array(t) for t in graph.graph.initializer if t.name.startswith("lstm") and "quant" in t.name
    ]
    assert codes
    assert max(np.abs(array.astype(int)).max() for array in codes) <= 64
    engine = OnnxRuntimeEngine(graph.SerializeToString(), "int8-dynamic", {})
    with pytest.raises(InputError, match="unknown token"):
        engine.run(np.ones((2, 3), np.int64), np.array([3, 0]))


def test_ort_files_answer_alike_and_name_their_operators(dynamic: ExportResult, tmp_path: Path) -> None:
    assert dynamic.path is not None
    reports = write_ort_files(tmp_path / "ort", open_bundle(dynamic.path), dynamic)
    assert [report.passed for report in reports] == [True, True]
    names = {path.name for path in (tmp_path / "ort").iterdir()}
    assert names == {"model.fp32.ort", "model.int8-dynamic.ort", CONFIG}
    config = (tmp_path / "ort" / CONFIG).read_text("utf-8")
    assert "LSTM" in config
    assert "com.microsoft;1;DynamicQuantizeLSTM" in config
    assert str(tmp_path) not in config


@pytest.mark.parametrize(("version", "opset"), [("1.15", 18), ("1.20.1", 21), ("1.23", 23), ("1.999", 23)])
def test_a_target_release_chooses_the_opset(version: str, opset: int) -> None:
    assert target_from_version(version).opset == opset


@pytest.mark.parametrize("version", ["1.14", "0.9", "2.0", "newest", "1", "1.20.1.2", "", "1.20\n1.21"])
def test_an_unknown_target_release_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match="target-ort"):
        target_from_version(version)


@pytest.mark.parametrize("release", ["1.15", "1.18.9"])
def test_int4_for_an_older_release_is_refused_before_anything_is_read(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "mini.zip"
    options = ["--out", str(bundle), "--variants", "fp16,int4", "--target-ort", release]
    assert main(["export", str(tmp_path / "no-run"), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "int4" in line
    assert "1.19" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("release", "variants"), [("1.19", ("int8", "int4")), ("1.15", ("int8", "int8-dynamic"))])
def test_a_target_release_takes_what_it_runs(release: str, variants: tuple[str, ...]) -> None:
    target_from_version(release).check_variants(variants)


def logits(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def result_of(expected: np.ndarray, found: np.ndarray) -> ParityResult:
    report = GateReport(precision="int8", engine="onnxruntime", provider="p", checks=[], parity=None)
    return ParityResult(report, [Comparison(expected, found)])


def test_findings_list_flips_by_row_and_margin() -> None:
    expected, found = logits(0.1, -0.3, 2.0, 0.05), logits(-0.1, 0.2, 2.0, 0.04)
    reference = Reference("data", ["a"] * 4, expected, row_ids=["r0", "r1", "r2", "r3"])
    flips = findings(result_of(expected, found), [reference], 10).flips
    assert [(flip.row, round(flip.margin, 3)) for flip in flips] == [("r1", 0.3), ("r0", 0.1)]
    assert findings(result_of(expected, found), [reference], 10).accuracy is None


def test_mcnemar_counts_only_what_one_of_them_got_right() -> None:
    expected = logits(*[1.0] * 10, *[-1.0] * 2, 1.0)
    found = logits(*[-1.0] * 10, *[1.0] * 2, 1.0)
    reference = Reference("data", ["a"] * 13, expected, targets=np.ones(13, np.int64))
    change = accuracy_change(reference, Comparison(expected, found))
    assert (change.only_reference_right, change.only_variant_right) == (10, 2)
    assert change.p == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert change.reference == pytest.approx(11 / 13)


def test_the_report_stands_beside_the_bundle(tmp_path: Path) -> None:
    assert report_path(None, tmp_path / "imdb.zip") == tmp_path / "imdb.parity.md"
    assert report_path(None, tmp_path / "v1.2") == tmp_path / "v1.2.parity.md"
    for name in ("report", "report.txt", ".md"):
        with pytest.raises(UsageError, match=r"ends in \.md"):
            page_path(name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variants") / "run"
    assert main(["train", "--data", "mini", "--preset", "tiny", "--out", str(folder)]) == 0
    return folder


def test_a_variant_that_fails_is_left_out_and_the_report_says_why(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "mini.zip"
    assert main(["export", str(run), "--out", str(bundle), "--variants", "int4"]) == 1
    assert "int4 on onnxruntime: max logit difference" in capsys.readouterr().err
    assert "int4" not in open_bundle(bundle).manifest.variants
    page = (tmp_path / "mini.parity.md").read_text("utf-8")
    assert re.search(r"A gate failed: (integer, )?int4\.", page)
    assert "## What failed" in page
    facts = json.loads((tmp_path / "mini.parity" / "parity.json").read_bytes())
    verdicts = {one["report"]["precision"]: one["passed"] for one in facts["findings"]}
    assert verdicts | {"integer": True} == {"int8": True, "fp32": True, "integer": True, "int4": False}
    for picture in ("errors.png", "boundary.png"):
        assert (tmp_path / "mini.parity" / picture).read_bytes().startswith(b"\x89PNG")


def test_parity_compares_a_bundle_on_a_split_that_is_named(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, page = tmp_path / "mini.zip", tmp_path / "page.md"
    assert main(["export", str(run), "--out", str(bundle), "--target-ort", "1.20"]) == 0
    assert open_bundle(bundle).manifest.variants["fp32"].opset == 21
    assert main(["parity", str(run), str(bundle), "--split", "test", "--report", str(page)]) == 0
    assert "texts of mini test" in page.read_text("utf-8")
    assert "Every gate passed" in page.read_text("utf-8")
    assert main(["parity", "imdb", str(bundle), "--report", str(page)]) == 2
    assert "was not made from that checkpoint" in capsys.readouterr().err


def test_export_lists_its_options() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["run", "--out", "x", "--target-ort", "1.20", "--target-opset", "19"])
