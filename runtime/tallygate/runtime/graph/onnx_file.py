"""The named arrays, the operators and the metadata of an ONNX file, read without the ``onnx`` package.

An ONNX file is a protocol buffer (https://protobuf.dev/programming-guides/encoding); of its messages only these
fields are read: ModelProto graph (7) and metadata_props (14), GraphProto node (1) and initializer (5), TensorProto
dims (1), data_type (2), name (8) and raw_data (9), NodeProto input (1), output (2), op_type (4) and attribute (5),
AttributeProto name (1) and i (3), StringStringEntryProto key (1) and value (2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.errors import BundleInvalidError

_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
"""TensorProto.DataType to numpy."""
_INT4 = 22
"""Two of them share a byte, the first one in its lower half."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Node:
    """One operator of the graph."""

    kind: str
    """Such as ``DequantizeLinear``."""
    inputs: list[str]
    outputs: list[str]
    numbers: dict[str, int]
    """Those attributes that are whole numbers."""


@dataclass(frozen=True)
class OnnxFile:
    """What an engine needs that brings its own arithmetic."""

    initializers: dict[str, NDArray[Any]]
    metadata: dict[str, str]
    nodes: list[Node]


def read_onnx(data: bytes, source: object) -> OnnxFile:
    """Read the initializers, operators and metadata of an ONNX file; ``source`` names it in errors.

    Raises :class:`BundleInvalidError` when it is not one, or keeps its arrays outside of itself.
    """
    initializers: dict[str, NDArray[Any]] = {}
    metadata: dict[str, str] = {}
    nodes: list[Node] = []
    try:
        for number, value in _fields(memoryview(data)):
            if number == 7:
                for inner, part in _fields(_message(value)):
                    if inner == 1:
                        nodes.append(_node(_message(part)))
                    elif inner == 5:
                        initializers.update([_named_array(_message(part))])
            elif number == 14:
                entry = {key: bytes(_message(text)).decode("utf-8") for key, text in _fields(_message(value))}
                metadata[entry[1]] = entry.get(2, "")
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise BundleInvalidError(source, f"is not a readable ONNX file ({error})", "get the bundle again") from error
    return OnnxFile(initializers, metadata, nodes)


def _named_array(tensor: memoryview) -> tuple[str, NDArray[Any]]:
    dims: list[int] = []
    name, dtype, raw = "", 0, memoryview(b"")
    for number, value in _fields(tensor):
        if number == 1:
            dims += [value] if isinstance(value, int) else list(_varints(value))
        elif number == 2 and isinstance(value, int):
            dtype = value
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = _message(value)
    if dtype == _INT4:
        return name, _int4(raw, dims)
    return name, np.frombuffer(raw, dtype=_DTYPES[dtype]).reshape(dims)


def _int4(raw: memoryview, dims: list[int]) -> NDArray[np.int8]:
    pairs = np.frombuffer(raw, np.int8)
    size = math.prod(dims)
    if len(pairs) != (size + 1) // 2:
        raise ValueError(f"{len(pairs)} bytes do not hold {size} numbers of 4 bits")
    halves = np.stack([pairs << 4, pairs], axis=1).ravel() >> 4
    result: NDArray[np.int8] = halves[:size].reshape(dims)
    return result


def _node(message: memoryview) -> Node:
    node = Node("", [], [], {})
    for number, value in _fields(message):
        if number == 1:
            node.inputs.append(_text(value))
        elif number == 2:
            node.outputs.append(_text(value))
        elif number == 4:
            node = replace(node, kind=_text(value))
        elif number == 5:
            node.numbers.update(_whole_number(_message(value)))
    return node


def _whole_number(attribute: memoryview) -> dict[str, int]:
    name, whole = "", None
    for number, value in _fields(attribute):
        if number == 1:
            name = _text(value)
        elif number == 3 and isinstance(value, int):
            whole = value - (1 << 64) if value >> 63 else value
    return {} if whole is None else {name: whole}


def _text(value: int | memoryview) -> str:
    return bytes(_message(value)).decode("utf-8")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message should")
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of one message, in order."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, position = _varint(message, position)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if position + size > len(message):
            raise ValueError("the file ends inside a field")
        yield key >> 3, message[position : position + size]
        position += size


def _varints(packed: memoryview) -> Iterator[int]:
    position = 0
    while position < len(packed):
        value, position = _varint(packed, position)
        yield value


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number is too long")
