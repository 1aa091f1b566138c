"""fp16 and bf16 graphs: what is half and what is not, and how near they stay to float32."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from tallygate.export.graph.from_checkpoint import onnx_from_model
from tallygate.export.graph.tidy import with_weights
from tallygate.export.variants.half_precision import BF16_OPSET, bf16_from_onnx, fp16_from_onnx
from tallygate.export.variants.reference_engine import OnnxReferenceEngine
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.engines import Engine
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.errors import ExportError
from tallygate.runtime.parity.gate import check_parity, reference_from_goldens
from tallygate.runtime.parity.limits import gate_of
from tallygate.train.network.model import Architecture, LSTMClassifier

SHAPES = {
    "last": Architecture(vocabulary_size=50, embedding_size=6, hidden_size=8, outputs=1, pooling="last"),
    "max": Architecture(vocabulary_size=50, embedding_size=6, hidden_size=8, outputs=3, pooling="max"),
    "bidirectional, 2 layers": Architecture(
        vocabulary_size=50,
        embedding_size=6,
        hidden_size=8,
        outputs=1,
        layers=2,
        bidirectional=True,
        pooling="mean",
        pooling_floor=9,
    ),
}
HALF = {"fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
CONVERT = {"fp16": fp16_from_onnx, "bf16": bf16_from_onnx}


@pytest.fixture(params=SHAPES)
def fp32(request: pytest.FixtureRequest) -> onnx.ModelProto:
    """A graph whose logits say something."""
    return _graph(request.param)


@cache
def _graph(name: str) -> onnx.ModelProto:
    architecture = SHAPES[name]
    torch.manual_seed(0)
    model = LSTMClassifier(architecture).eval()
    with torch.no_grad():
        model.embedding.weight.mul_(30)
        model.head.weight.mul_(3)
    return onnx_from_model(model, tuple("abc"[: max(architecture.outputs, 2)]))


def _filled(graph: onnx.ModelProto, values: dict[str, float]) -> onnx.ModelProto:
    """The graph with one value all over each of these weights."""
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    names = [name for name in weights if "." in name]
    return with_weights(graph, {n: np.full_like(weights[n], values[n]) if n in values else weights[n] for n in names})


def _engine(graph: onnx.ModelProto, precision: str) -> Engine:
    model = graph.SerializeToString()
    return OnnxReferenceEngine(model, precision) if precision == "bf16" else OnnxRuntimeEngine(model, precision, {})


def _batch(lengths: list[int], time: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.random.default_rng(0).integers(0, 50, (len(lengths), time)), np.array(lengths)


@pytest.mark.parametrize("precision", HALF)
def test_the_shipped_model_passes_the_gate(precision: str) -> None:
    bundle = open_bundle()
    graph = CONVERT[precision](onnx.load_from_string(bundle.read(bundle.manifest.variants["fp32"].file)))
    report = check_parity(_engine(graph, precision), bundle.tokenizer(), reference_from_goldens(bundle.goldens()))
    assert report.failures() == []


@pytest.mark.parametrize("precision", HALF)
def test_weights_and_states_are_half_and_the_rest_is_not(fp32: onnx.ModelProto, precision: str) -> None:
    before = fp32.SerializeToString(deterministic=True)
    graph = CONVERT[precision](fp32)
    assert fp32.SerializeToString(deterministic=True) == before
    types = {tensor.name: tensor.data_type for tensor in graph.graph.initializer}
    inferred = onnx.shape_inference.infer_shapes(graph, strict_mode=True).graph
    types |= {value.name: value.type.tensor_type.elem_type for value in inferred.value_info}
    recurrent = [name for node in graph.graph.node if node.op_type == "LSTM" for name in (*node.input, node.output[0])]
    assert {types[name] for name in (*recurrent, "embedding.weight")} == {HALF[precision]}
    assert {types[name] for name in ("head.weight", "head.bias")} == {TensorProto.FLOAT}
    ends = {value.name: value.type.tensor_type.elem_type for value in (*inferred.input, *inferred.output)}
    assert ends == {"ids": TensorProto.INT64, "lengths": TensorProto.INT64, "logits": TensorProto.FLOAT}
    integers = {tensor.name for tensor in fp32.graph.initializer if tensor.data_type == TensorProto.INT64}
    assert {types[name] for name in integers} == {TensorProto.INT64}
    assert list(graph.metadata_props) == list(fp32.metadata_props)


def test_only_bf16_asks_for_a_newer_opset(fp32: onnx.ModelProto) -> None:
    opset = fp32.opset_import[0].version
    assert fp16_from_onnx(fp32).opset_import[0].version == opset
    assert bf16_from_onnx(fp32).opset_import[0].version == max(opset, BF16_OPSET)


@pytest.mark.parametrize("precision", HALF)
def test_answers_are_within_the_gate_and_independent_of_the_batch(fp32: onnx.ModelProto, precision: str) -> None:
    ids, lengths = _batch([1, 2, 3, 5, 17, 69, 70], time=70)
    expected = OnnxRuntimeEngine(fp32.SerializeToString(), "fp32", {}).run(ids, lengths)
    engine, gate = _engine(CONVERT[precision](fp32), precision), gate_of(precision)
    found = engine.run(ids, lengths)
    assert found.dtype == np.float32
    assert 0 < np.abs(found - expected).max() <= gate.max_logit_difference
    alone = np.concatenate([engine.run(ids[i : i + 1, :n], lengths[i : i + 1]) for i, n in enumerate(lengths)])
    assert np.abs(found - alone).max() <= gate.max_row_difference


@pytest.mark.parametrize("precision", HALF)
def test_a_mean_over_many_states_does_not_stop_growing(precision: str) -> None:
    """A bfloat16 sum of ones ends at 256, so the mean of 600 would be less than half of what it is."""

    saturated = {f"lstm.{k}.{d}.w": 5.0 for k in range(2) for d in ("forward", "backward")} | {"embedding.weight": 1.0}
    graph = _filled(_graph("bidirectional, 2 layers"), saturated)
    ids, lengths = _batch([600, 257], time=600)
    expected = OnnxRuntimeEngine(graph.SerializeToString(), "fp32", {}).run(ids, lengths)
    found = _engine(CONVERT[precision](graph), precision).run(ids, lengths)
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_a_weight_that_does_not_fit_is_named() -> None:
    graph = _filled(_graph("max"), {"embedding.weight": 1e5})
    with pytest.raises(ExportError, match=r"embedding\.weight: holds 1e\+05, which does not fit into fp16"):
        fp16_from_onnx(graph)
    bf16_from_onnx(graph)


def test_infinity_which_masks_padding_stays_infinity() -> None:
    graph = fp16_from_onnx(_graph("max"))
    arrays = [numpy_helper.to_array(tensor) for tensor in graph.graph.initializer]
    assert any(array.dtype == np.float16 and np.isneginf(array).all() for array in arrays if array.size == 1)


def test_a_graph_inside_a_node_is_refused(fp32: onnx.ModelProto) -> None:
    odd = onnx.ModelProto()
    odd.CopyFrom(fp32)
    inner = onnx.helper.make_graph([], "inner", [], [])
    odd.graph.node[-1].attribute.append(onnx.helper.make_attribute("body", inner))
    with pytest.raises((ExportError, onnx.shape_inference.InferenceError)):
        fp16_from_onnx(odd)
