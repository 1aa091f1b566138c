"""Weights that are elsewhere, no numbers, or of another shape: each gives the attacker's graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.attacks.altering import (
    Attack,
    array_of,
    attacks_of,
    between,
    node_of,
    numbers,
    parsed,
    put_outside,
    with_array,
)

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def external_data_in_a_weight(model: bytes) -> bytes:
    graph = parsed(model)
    put_outside(array_of(graph, "head.bias"))
    return graph.SerializeToString()


def external_data_in_an_attribute(model: bytes) -> bytes:
    value = numpy_helper.from_array(np.zeros(1, np.float32))
    put_outside(value)
    nodes = [helper.make_node("Constant", [], ["c"], value=value), helper.make_node("Add", ["true", "c"], ["logits"])]
    return between(model, nodes)


def sparse_array(model: bytes) -> bytes:
    graph = parsed(model)
    values, indices = numpy_helper.from_array(np.ones(1, np.float32), "sparse"), numbers("at", [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [2**31]))
    return graph.SerializeToString()


def weight_that_is_nan(model: bytes) -> bytes:
    return with_array(model, "head.weight", np.full((1, 3), np.nan, np.float32))


def weight_that_is_infinite(model: bytes) -> bytes:
    array = numpy_helper.to_array(array_of(parsed(model), "embedding.weight")).copy()
    array[-1, -1] = -np.inf
    return with_array(model, "embedding.weight", array)


def embedding_of_fewer_rows(model: bytes) -> bytes:
    return with_array(model, "embedding.weight", np.ones((3, 2), np.float32))


def embedding_of_more_rows(model: bytes) -> bytes:
    return with_array(model, "embedding.weight", np.ones((900, 2), np.float32))


def embedding_without_rows(model: bytes) -> bytes:
    return with_array(model, "embedding.weight", np.ones((0, 2), np.float32))


def lstm_that_does_not_chain(model: bytes) -> bytes:
    return with_array(model, "lstm.0.forward.w", np.ones((1, 12, 5), np.float32))


def weight_of_another_rank(model: bytes) -> bytes:
    return with_array(model, "lstm.0.forward.r", np.ones(3, np.float32))


def weight_of_another_type(model: bytes) -> bytes:
    return with_array(model, "head.bias", np.ones(1, np.float64))


def weight_that_is_renamed(model: bytes) -> bytes:
    graph = parsed(model)
    array_of(graph, "head.bias").name = "bias"
    node_of(graph, "Gemm").input[2] = "bias"
    return graph.SerializeToString()


def weights_that_are_swapped(model: bytes) -> bytes:
    graph = parsed(model)
    node = node_of(graph, "LSTM")
    node.input[1], node.input[2] = node.input[2], node.input[1]
    return graph.SerializeToString()


def dimensions_that_overflow(model: bytes) -> bytes:
    graph = parsed(model)
    array_of(graph, "head.weight").dims[:] = [2**32, 2**32]
    return graph.SerializeToString()


ATTACKS: Sequence[Attack] = attacks_of(__name__)
