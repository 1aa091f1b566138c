"""The exporter's graph -> the graph that is shipped: axes named, notes removed, weights put in by name.

It is made anew from the parts that are wanted: what a later exporter adds beside them does not travel with it, and the
same checkpoint gives the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper


def tidied(traced: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that holds inputs, outputs, operators and constants, and no more.

    The exporter's notes hold stack traces, so paths of this machine. Its symbols for the dynamic axes become ``batch``
    and ``time``; an axis that it fixed stays the number that it is, for the graph contract to refuse.
    """
    opset = traced.opset_import[0]
    axes = _axis_names(traced.graph)
    source = traced.graph
    graph = onnx.helper.make_graph(
        [_without_notes(node) for node in source.node],
        "tallygate",
        [_with_axes(value, axes) for value in source.input],
        [_with_axes(value, axes) for value in source.output],
        [numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name) for tensor in source.initializer],
    )
    opsets = [onnx.helper.make_opsetid(opset.domain, opset.version)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=onnx.helper.find_min_ir_version_for(opsets))


def weights_of(graph: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """The float32 initializers by name."""
    floats = (tensor for tensor in graph.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT)
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in floats}


def with_weights(model: onnx.ModelProto, weights: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """The same graph with these initializers in place of the ones of their names, first and in this order."""
    constants = [tensor for tensor in model.graph.initializer if tensor.name not in weights]
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.initializer[:]
    result.graph.initializer.extend(numpy_helper.from_array(np.ascontiguousarray(w), n) for n, w in weights.items())
    result.graph.initializer.extend(constants)
    return result


def _axis_names(graph: onnx.GraphProto) -> dict[str, str]:
    ids = next(value for value in graph.input if value.name == "ids")
    symbols = [dim.dim_param for dim in ids.type.tensor_type.shape.dim]
    return {symbol: name for symbol, name in zip(symbols, ("batch", "time"), strict=True) if symbol}


def _with_axes(value: onnx.ValueInfoProto, axes: Mapping[str, str]) -> onnx.ValueInfoProto:
    tensor = value.type.tensor_type
    shape = [axes.get(dim.dim_param, dim.dim_param) or dim.dim_value for dim in tensor.shape.dim]
    return onnx.helper.make_tensor_value_info(value.name, tensor.elem_type, shape)


def _without_notes(node: onnx.NodeProto) -> onnx.NodeProto:
    plain = onnx.NodeProto()
    plain.CopyFrom(node)
    plain.ClearField("metadata_props")
    plain.ClearField("doc_string")
    return plain
