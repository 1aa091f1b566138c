"""TensorRT-RTX really builds what the export makes: in every precision, for GPUs that are not here."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import onnx
import pytest

from tallygate.export.graph.from_checkpoint import onnx_from_model
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.export.variants.half_precision import bf16_from_onnx, fp16_from_onnx
from tallygate.export.variants.recipes import VARIANTS
from tallygate.runtime.bundle.reader import LAYOUT, open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines.tensorrt.api import TensorRT, load_tensorrt
from tallygate.runtime.engines.tensorrt.builder import BuildOptions, layer_types, parsed_network, plan_from_onnx
from tallygate.runtime.engines.tensorrt.log import PlanError, log_of
from tallygate.runtime.engines.tensorrt.plans import trusted_plan
from tallygate.runtime.engines.tensorrt.profile import Profile, Range
from tallygate.runtime.machine.gpu import Gpu
from tallygate.train.folder.checkpoint import Checkpoint, shipped_checkpoint
from tallygate.train.network.model import Architecture, LSTMClassifier

pytest.importorskip("tensorrt_rtx", reason="needs tensorrt-rtx")
TARGETS = ("sm86", "sm89", "sm120")
PROFILE = Profile(Range(1, 16, 64), Range(1, 200, 600))
TYPES = {"fp32": "FLOAT", "fp16": "HALF", "bf16": "BF16"}
MODELS = ["shipped", "bidirectional, 2 layers"]


@cache
def graph_of(model: str, precision: str) -> onnx.ModelProto:
    if model == "shipped":
        bundle = open_bundle()
        fp32 = onnx.load_from_string(bundle.read(bundle.manifest.variants["fp32"].file))
    else:
        sizes = Architecture(
            vocabulary_size=90,
            embedding_size=8,
            hidden_size=16,
            outputs=3,
            layers=2,
            bidirectional=True,
            pooling="mean",
        )
        fp32 = onnx_from_model(LSTMClassifier(sizes), ("a", "b", "c"))
    return VARIANTS[precision].convert(fp32)


@pytest.fixture(scope="module")
def rtx() -> TensorRT:
    return load_tensorrt("tensorrt_rtx")


@pytest.mark.parametrize("precision", TYPES)
@pytest.mark.parametrize("model", MODELS)
def test_every_precision_is_built_for_every_target(model: str, precision: str, rtx: TensorRT) -> None:
    onnx_file = graph_of(model, precision).SerializeToString()
    plan = plan_from_onnx(onnx_file, BuildOptions(precision, PROFILE, TARGETS), rtx)
    assert plan.facts.architectures == list(TARGETS)
    assert plan.facts.size == len(plan.data) > 100_000


@pytest.mark.parametrize("precision", TYPES)
@pytest.mark.parametrize("model", MODELS)
def test_the_network_is_in_the_graphs_precision(model: str, precision: str, rtx: TensorRT) -> None:
    builder = rtx.Builder(log_of(rtx).logger)
    network = parsed_network(graph_of(model, precision).SerializeToString(), builder, rtx)
    types = layer_types(network)
    dynamic: Any = network
    assert [tuple(dynamic.get_input(index).shape) for index in range(2)] == [(-1, -1), (-1,)]
    assert types["RECURRENCE"] == types["ACTIVATION"] == types["LOOP_OUTPUT"] == {TYPES[precision]}
    # The head, whose product is the answer, is float32 in every precision.
    assert types["MATRIX_MULTIPLY"] == {TYPES[precision], "FLOAT"}
    assert "FLOAT" not in types["GATHER"] or precision == "fp32"


def test_bf16_is_refused_for_a_gpu_that_has_none(rtx: TensorRT) -> None:
    options = BuildOptions("bf16", PROFILE, ("sm75",))
    with pytest.raises(PlanError, match=r"variant bf16: TensorRT cannot build it for sm75 \(Cannot compile .*b16\)"):
        plan_from_onnx(graph_of("shipped", "bf16").SerializeToString(), options, rtx)


def test_sequence_lens_in_half_precision_is_refused_by_its_node(rtx: TensorRT) -> None:
    graph = onnx.ModelProto()
    graph.CopyFrom(graph_of("shipped", "fp16"))
    lstm = next(node for node in graph.graph.node if node.op_type == "LSTM")
    lstm.input.append("lengths32")
    cast = onnx.helper.make_node("Cast", ["lengths"], ["lengths32"], to=onnx.TensorProto.INT32)
    graph.graph.node.insert(0, cast)
    with pytest.raises(PlanError, match=rf"node {lstm.name} \(LSTM\): .*Half and Float") as error:
        plan_from_onnx(graph.SerializeToString(), BuildOptions("fp16", PROFILE, ("sm86",)), rtx)
    assert "\n" not in str(error.value)


def test_the_recipes_of_half_precision() -> None:
    assert VARIANTS["fp16"].convert is fp16_from_onnx
    assert VARIANTS["bf16"].convert is bf16_from_onnx


@pytest.fixture(scope="module")
def with_plans(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle that holds an fp16 variant and plans."""
    path = tmp_path_factory.mktemp("rtx") / "bundle"
    result = export_bundle(checkpoint, path, ExportOptions(variants=("fp32", "fp16"), rtx_targets="sm86,sm89"))
    assert result.passed
    return path


def test_a_bundle_with_plans_holds_them_by_hash_and_answers_on_the_cpu(
    with_plans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = open_bundle(with_plans)
    assert list(bundle.manifest.variants) == ["fp32", "fp16"]
    for variant in ("fp32", "fp16"):
        facts = json.loads(bundle.read(LAYOUT.plan_facts(variant)))
        assert facts["architectures"] == ["sm86", "sm89"]
        assert facts["onnx_sha256"] == bundle.manifest.files[LAYOUT.model(variant)].sha256
    assert main(["verify", str(with_plans)]) == 0
    assert "fp16" in capsys.readouterr().out


def test_a_trusted_plan_is_taken_only_where_it_fits(with_plans: Path, rtx: TensorRT) -> None:
    bundle = open_bundle(with_plans)
    plan = trusted_plan(bundle, "fp16", rtx, Gpu("NVIDIA Here", "sm89", 2**30))
    assert plan is not None
    assert plan.data == (with_plans / LAYOUT.plan("fp16")).read_bytes()
    with pytest.raises(PlanError, match="is for sm86, sm89, and this GPU is sm120"):
        trusted_plan(bundle, "fp16", rtx, Gpu("NVIDIA Here", "sm120", 2**30))
    assert trusted_plan(open_bundle(), "fp32", rtx, Gpu("NVIDIA Here", "sm89", 2**30)) is None


def test_an_altered_plan_is_refused_with_its_bundle(with_plans: Path, tmp_path: Path) -> None:
    shutil.copytree(with_plans, tmp_path / "altered")
    path = tmp_path / "altered" / LAYOUT.plan("fp16")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert main(["info", str(tmp_path / "altered")]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--with-rtx", "sm90"], "target 'sm90': is unknown"),
        (["--variants", "fp8"], "variant 'fp8': is unknown; choose of "),
    ],
)
def test_an_export_that_cannot_be_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["export", str(shipped_checkpoint()), "--out", str(tmp_path / "bundle"), *arguments]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
