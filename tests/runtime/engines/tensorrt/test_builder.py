"""The real TensorRT-RTX builds a graph, or refuses it in one line, without a GPU."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import onnx
import pytest
from onnx import helper

from tallygate.runtime.cli import main
from tallygate.runtime.engines.tensorrt.api import TensorRT, load_tensorrt
from tallygate.runtime.engines.tensorrt.builder import (
    BuildOptions,
    known_targets,
    layer_types,
    parsed_network,
    plan_from_onnx,
    targets_from_text,
)
from tallygate.runtime.engines.tensorrt.log import PlanError, log_of
from tallygate.runtime.engines.tensorrt.plan import PlanFacts, checked_plan
from tallygate.runtime.engines.tensorrt.profile import Profile, Range
from tallygate.runtime.errors import UsageError
from tallygate.runtime.machine.gpu import Gpu
from tests.runtime.conftest import ToyBundle

pytest.importorskip("tensorrt_rtx", reason="needs tensorrt-rtx")
PROFILE = Profile(Range(1, 4, 8), Range(1, 4, 16))
OPTIONS = BuildOptions("fp32", PROFILE, targets=("sm86",))


@pytest.fixture(scope="module")
def rtx() -> TensorRT:
    return load_tensorrt("tensorrt_rtx")


@pytest.fixture
def model(toy: Any) -> bytes:  # noqa: ANN401 - a ToyBundle of conftest
    """A one-layer classifier."""
    files: dict[str, bytes] = toy.files
    return files["model.fp32.onnx"]


def edited(model: bytes, edit: Callable[[onnx.GraphProto], None]) -> bytes:
    graph = onnx.load_from_string(model)
    edit(graph.graph)
    return graph.SerializeToString()


def lstm_of(graph: onnx.GraphProto) -> onnx.NodeProto:
    node = next(node for node in graph.node if node.op_type == "LSTM")
    node.name = "the_lstm"
    return node


def test_a_plan_is_built_for_gpus_that_are_not_here(model: bytes, rtx: TensorRT) -> None:
    phases: list[tuple[str, int, int]] = []
    options = replace(OPTIONS, targets=("sm86", "sm120"), progress=lambda *step: phases.append(step))
    plan = plan_from_onnx(model, options, rtx)
    assert plan.facts == PlanFacts(
        tensorrt="tensorrt_rtx",
        version=rtx.__version__,
        architectures=["sm86", "sm120"],
        gpu=None,
        precision="fp32",
        profile=PROFILE,
        onnx_sha256=hashlib.sha256(model).hexdigest(),
        sha256=hashlib.sha256(plan.data).hexdigest(),
        size=len(plan.data),
        created_with=plan.facts.created_with,
    )
    assert plan.facts.size > 100_000
    assert {phase for phase, _, _ in phases} >= {"Building engine"}
    assert all(0 <= done <= steps for _, done, steps in phases)


def test_the_parsed_network_is_float32_and_its_ends_are_the_contracts(model: bytes, rtx: TensorRT) -> None:
    types = layer_types(parsed_network(model, rtx.Builder(log_of(rtx).logger), rtx))
    assert types["RECURRENCE"] == types["MATRIX_MULTIPLY"] == types["ACTIVATION"] == {"FLOAT"}


def test_what_is_no_onnx_file_is_refused(model: bytes, rtx: TensorRT) -> None:
    for broken in (model[: len(model) // 2], b"", b"hello" * 100, model[:-1] + b"\xff" * 9):
        with pytest.raises(PlanError, match="graph: ") as error:
            plan_from_onnx(broken, OPTIONS, rtx)
        assert "\n" not in str(error.value)


def test_a_node_that_tensorrt_does_not_know_is_named(model: bytes, rtx: TensorRT) -> None:
    def rename(graph: onnx.GraphProto) -> None:
        lstm_of(graph).op_type = "Nonsense"

    with pytest.raises(PlanError, match=r"node the_lstm \(Nonsense\): .*Plugin not found"):
        plan_from_onnx(edited(model, rename), OPTIONS, rtx)


def test_a_wrong_weight_is_named_by_its_node(model: bytes, rtx: TensorRT) -> None:
    def swap(graph: onnx.GraphProto) -> None:
        lstm_of(graph).input[1] = "head.bias"

    with pytest.raises(PlanError, match=r"node the_lstm \(LSTM\): "):
        plan_from_onnx(edited(model, swap), OPTIONS, rtx)


def test_other_inputs_than_the_contracts_are_refused(model: bytes, rtx: TensorRT) -> None:
    def rename(graph: onnx.GraphProto) -> None:
        graph.node.append(helper.make_node("Identity", ["logits"], ["scores"]))
        graph.output[0].name = "scores"

    with pytest.raises(PlanError, match=r"has the inputs and outputs .*scores"):
        plan_from_onnx(edited(model, rename), OPTIONS, rtx)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_a_graph_of_another_precision_is_refused(model: bytes, rtx: TensorRT, precision: str) -> None:
    with pytest.raises(PlanError, match=f"variant {precision}: its LSTM is FLOAT"):
        plan_from_onnx(model, replace(OPTIONS, precision=precision), rtx)


def test_a_precision_that_tensorrt_has_no_lstm_for_is_refused(model: bytes, rtx: TensorRT) -> None:
    with pytest.raises(UsageError, match="precision 'int8'"):
        plan_from_onnx(model, replace(OPTIONS, precision="int8"), rtx)


@pytest.mark.parametrize("workspace", [0, 1024])
def test_no_workspace_is_refused(model: bytes, rtx: TensorRT, workspace: int) -> None:
    with pytest.raises(PlanError, match=r"TensorRT cannot build it for sm86 .*workspace") as error:
        plan_from_onnx(model, replace(OPTIONS, workspace=workspace), rtx)
    assert "/_src" not in str(error.value)


@pytest.mark.parametrize("batch", [Range(4, 2, 8), Range(-4, 2, 8)])
def test_an_impossible_profile_is_refused_by_tensorrt_too(model: bytes, rtx: TensorRT, batch: Range) -> None:
    profile = msgspec.structs.replace(PROFILE, batch=batch)
    with pytest.raises(PlanError, match="TensorRT refuses it"):
        plan_from_onnx(model, replace(OPTIONS, profile=profile), rtx)


def test_targets(rtx: TensorRT) -> None:
    assert targets_from_text("SM86, sm120", rtx) == ("sm86", "sm120")
    assert "sm90" not in known_targets(rtx)
    with pytest.raises(UsageError, match=r"target 'sm90': is unknown; choose of sm75, .*sm89"):
        targets_from_text("sm86,sm90", rtx)
    with pytest.raises(UsageError, match="name one twice"):
        targets_from_text("sm86,sm86", rtx)


def test_without_a_gpu_and_without_a_target_there_is_nothing_to_build_for(model: bytes, rtx: TensorRT) -> None:
    with pytest.raises(PlanError, match="name a --target of sm75"):
        plan_from_onnx(model, replace(OPTIONS, targets=()), rtx)


def test_a_gpu_that_rtx_knows_nothing_of_is_said_with_the_mend(model: bytes, rtx: TensorRT) -> None:
    options = replace(OPTIONS, targets=(), gpu=Gpu("NVIDIA H100", "sm90", 2**30))
    with pytest.raises(PlanError, match=r"builds nothing for NVIDIA H100 \(sm90\); run: pip install .*\[tens"):
        plan_from_onnx(model, options, rtx)


def test_ctrl_c_ends_a_build(model: bytes, rtx: TensorRT) -> None:
    def interrupt(*_step: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_from_onnx(model, replace(OPTIONS, progress=interrupt), rtx)


def test_without_a_driver_a_sound_plan_is_not_loaded_but_said(model: bytes, rtx: TensorRT) -> None:
    from tallygate.runtime.engines.tensorrt.engine import _loaded
    from tallygate.runtime.machine.gpu import first_gpu

    if first_gpu() is not None:
        pytest.skip("this machine has a GPU")
    with pytest.raises(PlanError, match=r"TensorRT does not load it .*CUDA driver version is insufficient"):
        _loaded(plan_from_onnx(model, OPTIONS, rtx), rtx)


def test_build_writes_a_plan_and_what_is_known_of_it(
    toy_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("good\ngood film\nvery bad film\n" * 3)
    out = tmp_path / "plans"
    arguments = ["build-plan", str(toy_path), "--target", "sm89,sm120", "--texts", str(texts), "--out", str(out)]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert "sm89, sm120" in printed.out
    assert "building the TensorRT plan of fp32" in printed.err
    plan = checked_plan((out / "model.fp32.plan").read_bytes(), (out / "model.fp32.plan.json").read_bytes(), out)
    assert plan.facts.profile.time == Range(1, 2, 8)
    assert json.loads((out / "model.fp32.plan.json").read_text())["architectures"] == ["sm89", "sm120"]


def test_plans_for_others_lie_beside_the_bundle(toy: ToyBundle, tmp_path: Path) -> None:
    path = toy.write_zip(tmp_path / "toy.zip")
    assert main(["build-plan", "--bundle", str(path), "--target", "sm89"]) == 0
    assert sorted(file.name for file in (tmp_path / "toy.plans").iterdir()) == [
        "model.fp32.plan",
        "model.fp32.plan.json",
    ]


def test_no_plan_is_written_into_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build-plan", "--target", "sm89"]) == 2
    assert "name one: --out DIR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "build where the GPU is, or name a --target"),
        (["--target", "sm1"], "target 'sm1': is unknown"),
        (["--target", "sm86", "--precision", "fp16"], "has no variant fp16"),
        (["--target", "sm86", "--profile", "3:2:1,1:2:3"], "is impossible"),
        (["--target", "sm86", "--profile", "1:1:1,1:1:1", "--texts", "x"], "got both --profile and --texts"),
        (["--target", "sm86", "--workspace", "0"], "workspace memory greater than 0"),
        (["--target", "sm86", "--workspace", "-1"], "--workspace -1: is no size"),
    ],
)
def test_build_refuses_in_one_line(
    toy_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    from tallygate.runtime.machine.gpu import first_gpu

    if not arguments and first_gpu() is not None:
        pytest.skip("this machine has a GPU")
    assert main(["build-plan", str(toy_path), *arguments]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert says in errors[-1]
    assert errors[-1].startswith("tallygate: ")
