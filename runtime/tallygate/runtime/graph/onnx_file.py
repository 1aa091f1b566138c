"""An ONNX file without the ``onnx`` package: its operators, named arrays, inputs, outputs and metadata.

Only what tallygate writes is read (:mod:`tallygate.runtime.graph.protobuf`): a subgraph, a function, a tensor as an
attribute, external data, sparse tensors, training information and notes are fields that are refused by their number.
Weights are not copied: each is a view of the file's bytes. Names and numbers are from
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec
from numpy.typing import NDArray

from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph.protobuf import (
    BYTES,
    FIXED32,
    VARINT,
    Field,
    Value,
    read_message,
    signed,
    varint,
    without_field,
)
from tallygate.runtime.graph.tensor import MAX_RANK, Tensor, tensor_from_message

MAX_NODES = 1_000
"""Operators of a graph. Four layers in both directions in int8 have 88, and each further layer 15."""
_MAX_NAMES = 4 * MAX_NODES
_MAX_ARGUMENTS = 16
_MAX_VALUES = 256
"""Inputs, and outputs, of a graph: a streaming one has two for each of 99 layers."""
_SHOWN = 60

_MODEL = {
    1: Field("ir_version", VARINT),
    2: Field("producer_name", BYTES),
    3: Field("producer_version", BYTES),
    7: Field("graph", BYTES),
    8: Field("opset_import", BYTES, 2),
    14: Field("metadata_props", BYTES, 64),
    25: Field("functions", BYTES, 0),
}
_GRAPH = {
    1: Field("node", BYTES, MAX_NODES),
    2: Field("name", BYTES),
    5: Field("initializer", BYTES, _MAX_NAMES),
    11: Field("input", BYTES, _MAX_VALUES),
    12: Field("output", BYTES, _MAX_VALUES),
    13: Field("value_info", BYTES, _MAX_NAMES),
    15: Field("sparse_initializer", BYTES, 0),
}
_NODE = {
    1: Field("input", BYTES, _MAX_ARGUMENTS),
    2: Field("output", BYTES, _MAX_ARGUMENTS),
    3: Field("name", BYTES),
    4: Field("op_type", BYTES),
    5: Field("attribute", BYTES, _MAX_ARGUMENTS),
    7: Field("domain", BYTES),
    9: Field("metadata_props", BYTES, 0),
}
_ATTRIBUTE = {
    1: Field("name", BYTES),
    2: Field("f", FIXED32),
    3: Field("i", VARINT),
    4: Field("s", BYTES),
    5: Field("a tensor", BYTES, 0),
    6: Field("a subgraph", BYTES, 0),
    8: Field("ints", VARINT, MAX_RANK),
    10: Field("tensors", BYTES, 0),
    11: Field("subgraphs", BYTES, 0),
    20: Field("type", VARINT),
}
_OPSET = {1: Field("domain", BYTES), 2: Field("version", VARINT)}
_ENTRY = {1: Field("key", BYTES), 2: Field("value", BYTES)}
_VALUE = {1: Field("name", BYTES), 2: Field("type", BYTES)}
_TYPE = {1: Field("tensor_type", BYTES)}
_TENSOR_TYPE = {1: Field("elem_type", VARINT), 2: Field("shape", BYTES)}
_SHAPE = {1: Field("dim", BYTES, MAX_RANK)}
_DIM = {1: Field("dim_value", VARINT), 2: Field("dim_param", BYTES)}
_ATTRIBUTE_TYPES = {1: "f", 2: "i", 3: "s", 7: "ints"}
"""AttributeProto.AttributeType to the field that holds the value."""

Attribute = float | int | str | tuple[int, ...]


class Node(msgspec.Struct, frozen=True):
    """One operator of the graph."""

    kind: str
    """Such as ``DequantizeLinear``."""
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]

    def __str__(self) -> str:
        return f"node {shown(self.name)} ({shown(self.kind)})"


class ValueInfo(msgspec.Struct, frozen=True):
    """An input or output of the graph."""

    name: str
    dtype: int
    """TensorProto.DataType."""
    shape: tuple[int | str, ...]
    """Numbers, and names of what is dynamic."""


class OnnxFile(msgspec.Struct, frozen=True):
    """What stands in the file."""

    ir_version: int
    opsets: list[tuple[str, int]]
    """Domains and versions."""
    metadata: dict[str, str]
    nodes: list[Node]
    tensors: dict[str, Tensor]
    """The initializers, by name."""
    inputs: list[ValueInfo]
    outputs: list[ValueInfo]
    has_value_info: bool
    """Whether it says something of its inner values."""

    @property
    def initializers(self) -> dict[str, NDArray[Any]]:
        """The initializers as arrays, by name. Raises :class:`ValueError` for a type that numpy does not have."""
        return {name: tensor.array() for name, tensor in self.tensors.items()}


def read_onnx(data: bytes, source: object) -> OnnxFile:
    """Read an ONNX file; ``source`` names it in errors.

    Raises :class:`BundleInvalidError` when it is not one, or holds what no graph of tallygate holds.
    """
    try:
        return _file(data)
    except (ValueError, KeyError) as error:
        reason = f"is not an ONNX file that tallygate reads ({error})"
        raise BundleInvalidError(source, reason, "get the bundle again") from error


def without_value_info(model: bytes, file: OnnxFile) -> bytes:
    """The same model without what it says of its inner values; ``model`` itself where it says nothing.

    Converters leave these notes behind, engines believe them, and an engine finds out by itself what they say.
    """
    if not file.has_value_info:
        return model
    whole = memoryview(model)
    graph = b"".join(without_field(_one(read_message(whole, _MODEL, "a model")["graph"], "graph"), 13))
    rest = b"".join(without_field(whole, 7))
    return rest + bytes([7 << 3 | BYTES]) + varint(len(graph)) + graph


def shown(name: str) -> str:
    """A name from a file, for a message: quoted, without control characters, and cut."""
    quoted = ascii(name)
    return quoted if len(quoted) <= _SHOWN else quoted[:_SHOWN] + "...'"


def _file(data: bytes) -> OnnxFile:
    model = read_message(memoryview(data), _MODEL, "a model")
    graph = read_message(_one(model["graph"], "graph"), _GRAPH, "a graph")
    opsets = [read_message(_bytes(part), _OPSET, "an opset") for part in model["opset_import"]]
    entries = [read_message(_bytes(part), _ENTRY, "a metadata entry") for part in model["metadata_props"]]
    return OnnxFile(
        ir_version=_number(model["ir_version"]),
        opsets=[(_text(opset["domain"]), _number(opset["version"])) for opset in opsets],
        metadata=_by_name([(_text(entry["key"]), _text(entry["value"])) for entry in entries]),
        nodes=[_node(_bytes(part)) for part in graph["node"]],
        tensors=_by_name([(tensor.name, tensor) for tensor in map(_tensor, graph["initializer"])]),
        inputs=[_value_info(_bytes(part)) for part in graph["input"]],
        outputs=[_value_info(_bytes(part)) for part in graph["output"]],
        has_value_info=bool(graph["value_info"]),
    )


def _by_name(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{shown(next(name for name in names if names.count(name) > 1))} is there twice")
    return named


def _tensor(message: Value) -> Tensor:
    return tensor_from_message(_bytes(message))


def _node(message: memoryview) -> Node:
    fields = read_message(message, _NODE, "a node")
    return Node(
        kind=_text(fields["op_type"]),
        domain=_text(fields["domain"]),
        name=_text(fields["name"]),
        inputs=tuple(_decoded(name) for name in fields["input"]),
        outputs=tuple(_decoded(name) for name in fields["output"]),
        attributes=_by_name([_attribute(_bytes(part)) for part in fields["attribute"]]),
    )


def _attribute(message: memoryview) -> tuple[str, Attribute]:
    fields = read_message(message, _ATTRIBUTE, "an attribute")
    name, kind = _text(fields["name"]), _number(fields["type"])
    held = {field for field in _ATTRIBUTE_TYPES.values() if fields[field]}
    if kind not in _ATTRIBUTE_TYPES or not held <= {_ATTRIBUTE_TYPES[kind]}:
        raise ValueError(f"attribute {shown(name)} has type {kind} and holds {sorted(held)}")
    if kind == 1:
        number: float = struct.unpack("<f", _one(fields["f"], "attribute"))[0]
        return name, number
    if kind == 2:
        return name, _number(fields["i"])
    if kind == 3:
        return name, _text(fields["s"])
    return name, tuple(signed(number) for number in fields["ints"])


def _value_info(message: memoryview) -> ValueInfo:
    fields = read_message(message, _VALUE, "a value")
    kind = read_message(_one(fields["type"], "type"), _TYPE, "a type")
    tensor = read_message(_one(kind["tensor_type"], "tensor type"), _TENSOR_TYPE, "a tensor type")
    shape = read_message(_one(tensor["shape"], "shape"), _SHAPE, "a shape")
    dims = [read_message(_bytes(part), _DIM, "a dimension") for part in shape["dim"]]
    sizes = tuple(_text(dim["dim_param"]) if dim["dim_param"] else _number(dim["dim_value"]) for dim in dims)
    return ValueInfo(_text(fields["name"]), _number(tensor["elem_type"]), sizes)


def _one(values: list[Value], what: str) -> memoryview:
    if not values:
        raise ValueError(f"it has no {what}")
    return _bytes(values[0])


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message should")
    return value


def _number(values: list[Value]) -> int:
    """A number that is not written is 0."""
    return signed(values[0]) if values else 0


def _text(values: list[Value]) -> str:
    return _decoded(values[0]) if values else ""


def _decoded(value: Value) -> str:
    return bytes(_bytes(value)).decode("utf-8")
