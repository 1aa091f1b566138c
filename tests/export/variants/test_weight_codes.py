"""int8 and int4 weights: how far they move, what the graph keeps, and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnx import numpy_helper

from tallygate.export.graph.contract import check_graph
from tallygate.export.graph.from_checkpoint import onnx_from_checkpoint
from tallygate.export.graph.tidy import weights_of, with_weights
from tallygate.export.variants.embedding_rounding import EMBEDDING, embedding_in, rounded_for
from tallygate.export.variants.half_precision import bf16_from_onnx, fp16_from_onnx
from tallygate.export.variants.int4 import int4_from_onnx
from tallygate.export.variants.int8 import INT8_SESSION, int8_from_onnx
from tallygate.export.variants.weight_codes import Codes, codes_from_weight, codes_with_coded_scales
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.engines.plain.stored_weights import stored_weight
from tallygate.runtime.graph.onnx_file import read_onnx
from tallygate.train.folder.checkpoint import Checkpoint

Convert = Callable[[onnx.ModelProto], onnx.ModelProto]
CONVERSIONS = [int8_from_onnx, int4_from_onnx]
WEIGHTS = arrays(np.float32, (7, 3), elements=st.floats(-50, 50, width=32))
DENORMAL = np.full((7, 3), 1e-45, np.float32)
"""Drawn once: the scale of such weights is 0 in float32, and what is divided by it has no code."""
DENORMAL_COLUMN = np.array([[0, 1e-45, 3]] * 7, np.float32)
TINY = np.full((7, 3), np.finfo(np.float32).tiny, np.float32)


def scales_of(codes: Codes) -> np.ndarray:
    scales = codes.scales.astype(np.float32) * (1 if codes.step is None else codes.step)
    return scales.reshape([-1 if place == codes.axis else 1 for place in range(codes.codes.ndim)])


@settings(max_examples=60, deadline=None)
@given(weight=WEIGHTS, axis=st.integers(0, 1), bits=st.sampled_from([4, 8]))
@example(weight=DENORMAL, axis=0, bits=8)
@example(weight=DENORMAL, axis=1, bits=4)
@example(weight=DENORMAL_COLUMN, axis=1, bits=8)
@example(weight=DENORMAL_COLUMN, axis=0, bits=4)
@example(weight=TINY, axis=0, bits=4)
@example(weight=np.zeros((7, 3), np.float32), axis=1, bits=8)
def test_no_weight_moves_by_more_than_half_its_scale(weight: np.ndarray, axis: int, bits: int) -> None:
    for codes in (codes_from_weight(weight, axis, bits), codes_with_coded_scales(weight, axis, bits)):
        assert np.abs(codes.codes.astype(int)).max() < 2 ** (bits - 1)
        moved = np.abs(codes.codes * scales_of(codes).astype(np.float64) - weight)
        assert (moved <= 0.5001 * scales_of(codes)).all()


def _nearest(codes: Codes) -> Callable[[np.ndarray], np.ndarray]:
    scales = codes.scales.astype(np.float64)
    return lambda column: np.rint(column / scales) * scales


def _moved_products(values: np.ndarray, weight: np.ndarray, reader: np.ndarray) -> float:
    """Squared length of what rounding adds to all products with the reader."""
    return float(np.square((values - weight) @ reader.T.astype(np.float64)).sum())


@pytest.mark.parametrize("bits", [8, 4])
def test_rounding_for_a_reader_spares_its_products(bits: int) -> None:
    rng = np.random.default_rng(0)
    reader = (rng.normal(size=(40, 4)) @ rng.normal(size=(4, 16)) + 0.1 * rng.normal(size=(40, 16))).astype(np.float32)
    weight = rng.normal(size=(300, 16)).astype(np.float32)
    plain = codes_from_weight(weight, 0, bits)
    values = rounded_for(reader, weight, _nearest(plain))
    np.testing.assert_allclose(values, _nearest(plain)(values.T).T, atol=1e-9)
    assert _moved_products(values, weight, reader) < 0.5 * _moved_products(
        plain.codes * scales_of(plain), weight, reader
    )


@settings(max_examples=60, deadline=None)
@given(weight=WEIGHTS, bits=st.sampled_from([4, 8]))
@example(weight=DENORMAL, bits=8)
@example(weight=DENORMAL_COLUMN, bits=4)
def test_columns_that_share_no_reader_are_rounded_each_for_itself(weight: np.ndarray, bits: int) -> None:
    plain = codes_from_weight(weight, 0, bits)
    for size in (0.0, 1e-45, 1e-38, 1.0, 1e38):
        reader = np.diag([1.0, 2.0, 3.0]).astype(np.float32) * np.float32(size)
        values = rounded_for(reader, weight, _nearest(plain))
        np.testing.assert_allclose(values, plain.codes * scales_of(plain).astype(np.float64), rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("dtype", [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)])
def test_a_half_precision_embedding_is_rounded_for_its_reader_too(checkpoint: Checkpoint, dtype: np.dtype[Any]) -> None:
    weights = weights_of(onnx_from_checkpoint(checkpoint))
    values, plain = embedding_in(weights, dtype), weights[EMBEDDING].astype(dtype).astype(np.float32)
    np.testing.assert_array_equal(values, values.astype(dtype).astype(np.float32))
    reader = weights["lstm.0.forward.w"][0]
    assert _moved_products(values, weights[EMBEDDING], reader) < _moved_products(plain, weights[EMBEDDING], reader)
    huge = weights | {EMBEDDING: np.full_like(weights[EMBEDDING], 1e5)}
    assert embedding_in(huge, np.dtype(np.float16)) is huge[EMBEDDING]


def test_a_coded_scale_costs_at_most_its_step() -> None:
    weight = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32) * np.geomspace(1e-4, 1, 50)[:, None]
    weight = weight.astype(np.float32)
    plain, coded = codes_from_weight(weight, 0, 8), codes_with_coded_scales(weight, 0, 8)
    assert coded.scales.dtype == np.uint8
    assert coded.step is not None
    difference = scales_of(coded) - scales_of(plain)
    assert (difference >= -1e-9).all(), "a scale that is too small cuts weights off"
    assert (difference <= coded.step * 1.001).all()


@pytest.mark.parametrize("architecture", [{}, {"layers": 2, "bidirectional": True, "pooling": "max"}, {"outputs": 3}])
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_both_engines_read_the_same_weights(
    checkpoint_of: Callable[..., Checkpoint], architecture: dict[str, object], convert: Convert
) -> None:
    checkpoint = checkpoint_of(**architecture)
    graph = onnx_from_checkpoint(checkpoint)
    before = graph.SerializeToString(deterministic=True)
    small = convert(graph)
    assert graph.SerializeToString(deterministic=True) == before
    check_graph(small)
    model = small.SerializeToString()
    rng = np.random.default_rng(1)
    ids, lengths = rng.integers(0, 100, (6, 9)), rng.integers(1, 10, 6)
    found = [
        engine.run(ids, lengths) for engine in (NumpyEngine(model, "x"), OnnxRuntimeEngine(model, "x", INT8_SESSION))
    ]
    np.testing.assert_allclose(found[0], found[1], atol=2e-4)
    original = NumpyEngine(graph.SerializeToString(), "x").run(ids, lengths)
    assert np.abs(found[0] - original).max() > 1e-5, "nothing was rounded"


@pytest.mark.parametrize(("convert", "bits"), [(int8_from_onnx, 8), (int4_from_onnx, 4)])
def test_weights_keep_name_and_shape_and_stay_close(checkpoint: Checkpoint, convert: Convert, bits: int) -> None:
    graph = onnx_from_checkpoint(checkpoint)
    file = read_onnx(convert(graph).SerializeToString(), "test")
    for name, weight in weights_of(graph).items():
        if "." not in name:
            continue
        codes = 7 if bits == 4 and name == EMBEDDING else 127
        steps = 0.0 if name.endswith((".b", ".bias")) else 3.0 if name == EMBEDDING else 0.6
        limit = steps / codes
        assert np.abs(stored_weight(file, name) - weight).max() <= limit * np.abs(weight).max()
    assert file.initializers[EMBEDDING].dtype == np.int8


def _read(model: onnx.ModelProto, name: str) -> np.ndarray:
    """A weight as it is computed with; the numpy engine reads no bfloat16."""
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    if any(node.op_type == "DequantizeLinear" for node in model.graph.node):
        return stored_weight(read_onnx(model.SerializeToString(), "test"), name)
    return numpy_helper.to_array(tensor).astype(np.float32)


@pytest.mark.parametrize("size", [0.0, 1e-45, 1e-39])
@pytest.mark.parametrize("convert", [*CONVERSIONS, fp16_from_onnx, bf16_from_onnx])
def test_rows_and_columns_of_next_to_nothing_stay_so_and_spoil_no_other(
    checkpoint: Checkpoint, convert: Convert, size: float
) -> None:
    graph = onnx_from_checkpoint(checkpoint)
    weights = {name: array for name, array in weights_of(graph).items() if array.ndim > 1 and not name.endswith(".b")}
    whole = convert(graph)
    thinned = {name: array.copy() for name, array in weights.items()}
    for name, array in thinned.items():
        array[(5,) if name == EMBEDDING else (0, 2) if array.ndim == 3 else (0,)] = np.float32(size)
    thin = convert(with_weights(graph, thinned))
    for name, array in thinned.items():
        found, before = _read(thin, name), _read(whole, name)
        assert np.isfinite(found).all(), name
        assert np.abs(found[array == np.float32(size)]).max() <= 127 * 1.2e-38, name
        if name == EMBEDDING:
            others = np.arange(len(array)) != 5
            farther = np.abs(found - array)[others].max() / np.abs(before - array)[others].max()
            assert farther < 2.0, "a row of nothing made the steps of all others coarse"


@pytest.mark.parametrize("size", [0.0, 1e-45, 1e-39])
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_a_network_of_next_to_nothing_answers_with_a_number(
    checkpoint: Checkpoint, convert: Convert, size: float
) -> None:
    graph = onnx_from_checkpoint(checkpoint)
    nothing = {name: np.full_like(array, size) for name, array in weights_of(graph).items() if name != "head.bias"}
    model = convert(with_weights(graph, nothing)).SerializeToString()
    for engine in (NumpyEngine(model, "x"), OnnxRuntimeEngine(model, "x", INT8_SESSION)):
        logits = engine.run(np.array([[2, 3, 4]]), np.array([3]))
        np.testing.assert_allclose(logits[0], weights_of(graph)["head.bias"], atol=1e-6)


def test_int8_is_a_third_of_fp32(checkpoint_of: Callable[..., Checkpoint]) -> None:
    graph = onnx_from_checkpoint(checkpoint_of(embedding_size=32, hidden_size=100))
    assert len(int8_from_onnx(graph).SerializeToString()) < len(graph.SerializeToString()) / 3


def test_a_row_answers_alike_in_every_batch(checkpoint: Checkpoint) -> None:
    engine = OnnxRuntimeEngine(
        int8_from_onnx(onnx_from_checkpoint(checkpoint)).SerializeToString(), "int8", INT8_SESSION
    )
    ids = np.random.default_rng(2).integers(0, 100, (8, 12))
    alone = engine.run(ids[:1, :5], np.array([5]))
    among = engine.run(ids, np.array([5, 12, 1, 3, 12, 7, 8, 9]))
    np.testing.assert_allclose(among[:1], alone, atol=1e-5)
