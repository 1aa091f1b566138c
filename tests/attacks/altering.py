"""A sound graph's bytes, altered in one place and written again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Attack = Callable[[bytes], bytes]
INT64 = TensorProto.INT64


def parsed(model: bytes) -> onnx.ModelProto:
    return onnx.load_from_string(model)


def between(model: bytes, nodes: Sequence[onnx.NodeProto], arrays: Sequence[onnx.TensorProto] = ()) -> bytes:
    """``nodes`` between the sound graph's answer, now called ``true``, and ``logits``."""
    graph = parsed(model)
    graph.graph.node[-1].output[0] = "true"
    graph.graph.node.extend(nodes)
    graph.graph.initializer.extend(arrays)
    return graph.SerializeToString()


def with_array(model: bytes, name: str, array: np.ndarray) -> bytes:
    graph = parsed(model)
    array_of(graph, name).CopyFrom(numpy_helper.from_array(array, name))
    return graph.SerializeToString()


def with_attribute(model: bytes, op_type: str, name: str, value: object) -> bytes:
    graph = parsed(model)
    node = node_of(graph, op_type)
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])
    return graph.SerializeToString()


def with_versions(model: bytes, opset: int = 18, ir_version: int = 8) -> bytes:
    graph = parsed(model)
    graph.opset_import[0].version, graph.ir_version = opset, ir_version
    return graph.SerializeToString()


def with_architecture(model: bytes, old: str, new: str) -> bytes:
    graph = parsed(model)
    for entry in graph.metadata_props:
        assert old in entry.value
        entry.value = entry.value.replace(old, new)
    return graph.SerializeToString()


def put_outside(tensor: onnx.TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")


def array_of(graph: onnx.ModelProto, name: str) -> onnx.TensorProto:
    return next(tensor for tensor in graph.graph.initializer if tensor.name == name)


def node_of(graph: onnx.ModelProto, op_type: str) -> onnx.NodeProto:
    return next(node for node in graph.graph.node if node.op_type == op_type)


def numbers(name: str, values: object) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def value_of(name: str, kind: int, shape: list[int] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def varint(number: int) -> bytes:
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def attacks_of(module: str) -> list[Attack]:
    """The functions that the module defines itself, in its order."""
    return [value for value in vars(sys.modules[module]).values() if getattr(value, "__module__", "") == module]
