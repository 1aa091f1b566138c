"""The named arrays and the metadata of an ONNX file, read without the ``onnx`` package.

An ONNX file is a protocol buffer (https://protobuf.dev/programming-guides/encoding); of its messages only these
fields are read: ModelProto graph (7) and metadata_props (14), GraphProto initializer (5), TensorProto dims (1),
data_type (2), name (8) and raw_data (9), StringStringEntryProto key (1) and value (2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.errors import BundleInvalidError

_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8"}
"""TensorProto.DataType to numpy."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class OnnxFile:
    """What an engine needs that brings its own arithmetic."""

    initializers: dict[str, NDArray[Any]]
    metadata: dict[str, str]


def read_onnx(data: bytes, source: object) -> OnnxFile:
    """Read the initializers and metadata of an ONNX file; ``source`` names it in errors.

    Raises :class:`BundleInvalidError` when it is not one, or keeps its arrays outside of itself.
    """
    initializers: dict[str, NDArray[Any]] = {}
    metadata: dict[str, str] = {}
    try:
        for number, value in _fields(memoryview(data)):
            if number == 7:
                for inner, tensor in _fields(_message(value)):
                    if inner == 5:
                        initializers.update([_named_array(_message(tensor))])
            elif number == 14:
                entry = {key: bytes(_message(text)).decode("utf-8") for key, text in _fields(_message(value))}
                metadata[entry[1]] = entry.get(2, "")
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise BundleInvalidError(source, f"is not a readable ONNX file ({error})", "get the bundle again") from error
    return OnnxFile(initializers, metadata)


def _named_array(tensor: memoryview) -> tuple[str, NDArray[Any]]:
    dims: list[int] = []
    name, dtype, raw = "", 0, memoryview(b"")
    for number, value in _fields(tensor):
        if number == 1:
            dims += [value] if isinstance(value, int) else list(_varints(value))
        elif number == 2 and isinstance(value, int):
            dtype = value
        elif number == 8:
            name = bytes(_message(value)).decode("utf-8")
        elif number == 9:
            raw = _message(value)
    return name, np.frombuffer(raw, dtype=_DTYPES[dtype]).reshape(dims)


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
