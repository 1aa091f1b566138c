"""The graph contract: what every runtime can rely on, checked on the finished graph.

Standard operators only, batch and time dynamic and nowhere a number, no ``sequence_lens`` (OpenVINO answers wrongly
with it, TensorRT cannot parse it), ``layout=0``, weights as initializers of known names, no notes of the machine that
wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from tallygate.runtime.engines.plain import ARCHITECTURE
from tallygate.runtime.errors import ExportError
from tallygate.train.network import Architecture

CONTRACT_VERSION = "1"
_MEND = "export with the pinned versions of torch, onnx and onnxscript, or report this"
_STANDARD = ("", "ai.onnx")
_PASS_THROUGH = ("Cast", "DequantizeLinear", "Identity")
_RANK = 4
"""Numbers up to this are axes, ranks and steps: they say nothing about a batch or a time."""


class Metadata(StrEnum):
    """Keys of ``metadata_props``."""

    ARCHITECTURE = ARCHITECTURE
    LABELS = "tallygate.labels"
    GRAPH_CONTRACT = "tallygate.graph_contract"
    VERSION = "tallygate.version"


def check_graph(model: onnx.ModelProto) -> None:
    """Raise :class:`ExportError`, which names the node or value, where ``model`` breaks the graph contract."""
    _check_operators(model)
    inferred = _inferred(model)
    architecture = _architecture(model)
    _check_interface(model.graph, architecture)
    _check_lstms(model.graph)
    _check_weights(model.graph, architecture)
    _check_numbers(inferred.graph, architecture)
    _check_notes(model)


def weight_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape; the LSTM's are in ONNX's layout."""
    a = architecture
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (a.vocabulary_size, a.embedding_size)}
    for layer in range(a.layers):
        inputs = a.width if layer else a.embedding_size
        for direction in ("forward", "backward") if a.bidirectional else ("forward",):
            name = f"lstm.{layer}.{direction}"
            shapes[f"{name}.w"] = (1, 4 * a.hidden_size, inputs)
            shapes[f"{name}.r"] = (1, 4 * a.hidden_size, a.hidden_size)
            shapes[f"{name}.b"] = (1, 8 * a.hidden_size)
    return shapes | {"head.weight": (a.outputs, a.width), "head.bias": (a.outputs,)}


def _check_operators(model: onnx.ModelProto) -> None:
    for function in model.functions:
        raise ExportError(f"function {function.name}", "is no standard operator", _MEND)
    for node in _nodes(model.graph):
        if node.domain not in _STANDARD:
            raise ExportError(_named(node), f"is of the domain {node.domain}, not of the standard", _MEND)
    for opset in model.opset_import:
        if opset.domain not in _STANDARD:
            raise ExportError(f"opset {opset.domain}", "is not of the standard domain", _MEND)


def _inferred(model: onnx.ModelProto) -> onnx.ModelProto:
    try:
        onnx.checker.check_model(model, full_check=True)
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError("graph", f"is not valid ONNX ({error})", _MEND) from error


def _architecture(model: onnx.ModelProto) -> Architecture:
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    for key in Metadata:
        if key not in metadata:
            raise ExportError("metadata_props", f"has no {key}", _MEND)
    try:
        return msgspec.json.decode(metadata[Metadata.ARCHITECTURE], type=Architecture)
    except msgspec.MsgspecError as error:
        raise ExportError(Metadata.ARCHITECTURE, f"is not valid ({error})", _MEND) from error


def _check_lstms(graph: onnx.GraphProto) -> None:
    initializers = {tensor.name for tensor in graph.initializer}
    producers = {output: node for node in graph.node for output in node.output}
    for node in _nodes(graph):
        if node.op_type != "LSTM":
            continue
        if len(node.input) > 4 and node.input[4]:
            raise ExportError(_named(node), "has sequence_lens, which some runtimes ignore or refuse", _MEND)
        if any(attribute.name == "layout" and attribute.i != 0 for attribute in node.attribute):
            raise ExportError(_named(node), "has a layout other than 0, which some runtimes refuse", _MEND)
        for name in node.input[1:4]:
            if _origin(name, producers) not in initializers:
                raise ExportError(_named(node), f"takes {name}, which is computed and no named weight", _MEND)


def _origin(name: str, producers: dict[str, onnx.NodeProto]) -> str:
    """Where a value comes from, casts and dequantization aside."""
    while name in producers and producers[name].op_type in _PASS_THROUGH:
        name = producers[name].input[0]
    return name


def _check_weights(graph: onnx.GraphProto, architecture: Architecture) -> None:
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    for name, shape in weight_shapes(architecture).items():
        if name not in initializers:
            raise ExportError(name, "is not among the initializers", _MEND)
        if tuple(initializers[name].dims) != shape:
            raise ExportError(name, f"has shape {tuple(initializers[name].dims)}, not {shape}", _MEND)
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise ExportError(tensor.name, "is kept in another file", _MEND)


def _check_interface(graph: onnx.GraphProto, architecture: Architecture) -> None:
    integers, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    expected = [
        ("ids", integers, ("batch", "time")),
        ("lengths", integers, ("batch",)),
        ("logits", floats, ("batch", architecture.outputs)),
    ]
    found = [(v.name, v.type.tensor_type.elem_type, _shape(v)) for v in (*graph.input, *graph.output)]
    for wanted, have in zip(expected, found, strict=False):
        if wanted != have:
            reason = f"is {have[0]} of type {have[1]} with shape {have[2]}, not of type {wanted[1]} with {wanted[2]}"
            raise ExportError(wanted[0], reason, _MEND)
    if len(found) != len(expected):
        raise ExportError("graph", f"has {len(found)} inputs and outputs, not {len(expected)}", _MEND)


def _check_numbers(graph: onnx.GraphProto, architecture: Architecture) -> None:
    """A batch or time that the trace fixed shows as a number that no weight explains."""
    sizes = {size for shape in weight_shapes(architecture).values() for size in shape}
    for value in (*graph.value_info, *graph.output):
        if strange := _strange(np.array([size for size in _shape(value) if isinstance(size, int)]), sizes):
            raise ExportError(f"value {value.name}", f"has a fixed size of {strange}", _MEND)
    for name, array, user in _integer_constants(graph):
        if strange := _strange(array, sizes):
            raise ExportError(user, f"uses the number {strange} (in {name}), which no weight explains", _MEND)


def _strange(numbers: NDArray[Any], sizes: set[int]) -> int | None:
    limits = np.iinfo(np.int64)
    allowed = {*sizes, *range(-_RANK, _RANK + 1), limits.max, limits.min}
    return next((int(number) for number in numbers.flat if int(number) not in allowed), None)


def _integer_constants(graph: onnx.GraphProto) -> Iterator[tuple[str, NDArray[Any], str]]:
    """Name, numbers and user of every int32 and int64 constant."""
    for node in _nodes(graph):
        for name, tensor in _constants_of(node):
            yield name, tensor, _named(node)
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in _nodes(graph):
        for name in node.input:
            if name in arrays and arrays[name].dtype in (np.int32, np.int64):
                yield name, arrays[name], _named(node)


def _constants_of(node: onnx.NodeProto) -> Iterator[tuple[str, NDArray[Any]]]:
    if node.op_type != "Constant":
        return
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        array = numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)
        if array.dtype in (np.int32, np.int64):
            yield node.output[0], array


def _check_notes(model: onnx.ModelProto) -> None:
    graph = model.graph
    parts = [*_nodes(graph), *graph.initializer, *graph.input, *graph.output, *graph.value_info, graph]
    for part in parts:
        if part.doc_string or part.metadata_props:
            raise ExportError(part.name, "carries notes of the program that wrote it", _MEND)


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _shape(value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    dims = value.type.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in dims)


def _named(node: onnx.NodeProto) -> str:
    return f"node {node.name or '?'} ({node.op_type})"
