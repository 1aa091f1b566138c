"""A named array of an ONNX file: where its bytes are, what they mean, and whether they are numbers."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.graph.protobuf import BYTES, VARINT, Field, packed_numbers, read_message, signed

FLOAT, UINT8, INT8, INT64, FLOAT16, BFLOAT16, INT4 = 1, 2, 3, 7, 10, 16, 22
INT32, DOUBLE = 6, 11
"""TensorProto.DataType of what tallygate writes; of the last two, values and no arrays."""
MAX_RANK = 8
MAX_SMALL = 65_536
"""Numbers of a tensor that are written one by one, as onnxruntime's quantizer writes its zero points."""
_DTYPES = {FLOAT: "<f4", UINT8: "u1", INT8: "i1", INT64: "<i8", FLOAT16: "<f2"}
_BITS = {FLOAT: 32, UINT8: 8, INT8: 8, INT64: 64, FLOAT16: 16, BFLOAT16: 16, INT4: 4}
LARGEST = 2.0**96
"""No weight is as large. Scales times codes, and sums of two biases, stay far within float32 below it."""
_EXPONENT = {
    FLOAT: ("<u4", 0x7F800000, (127 + 96) << 23),
    FLOAT16: ("<u2", 0x7C00, 0x7C00),
    BFLOAT16: ("<u2", 0x7F80, (127 + 96) << 7),
}
"""Where the bits of the exponent stand, and what they say of LARGEST, or of infinity where that is less (IEEE 754)."""
_CHUNK = 2**20
_FIELDS = {
    1: Field("dims", VARINT, MAX_RANK),
    2: Field("data_type", VARINT),
    4: Field("float_data", BYTES),
    5: Field("int32_data", BYTES),
    8: Field("name", BYTES),
    9: Field("raw_data", BYTES),
    13: Field("external_data", BYTES, 0),
    14: Field("data_location", VARINT),
}


class Tensor(msgspec.Struct, frozen=True):
    """One initializer."""

    name: str
    dtype: int
    """TensorProto.DataType, one of those above."""
    dims: tuple[int, ...]
    raw: memoryview
    """Little-endian, a view of the file; as many bytes as ``dtype`` and ``dims`` say."""

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.dims)

    def array(self) -> NDArray[Any]:
        """The numbers, not copied; int4 becomes int8. Raises :class:`ValueError` for bfloat16, which numpy lacks."""
        if self.dtype == INT4:
            pairs = np.frombuffer(self.raw, np.int8)
            halves: NDArray[np.int8] = np.stack([pairs << 4, pairs], axis=1).ravel() >> 4
            return halves[: self.size].reshape(self.dims)
        if self.dtype not in _DTYPES:
            raise ValueError(f"{self.name} has type {self.dtype}, which numpy does not have")
        return np.frombuffer(self.raw, dtype=_DTYPES[self.dtype]).reshape(self.dims)

    def is_sound(self) -> bool:
        """Whether every number is below LARGEST in size, so neither infinite nor NaN; integers are."""
        if self.dtype not in _EXPONENT:
            return True
        dtype, mask, limit = _EXPONENT[self.dtype]
        bits = np.frombuffer(self.raw, dtype)
        return not any(((bits[at : at + _CHUNK] & mask) >= limit).any() for at in range(0, len(bits), _CHUNK))


def tensor_from_message(message: memoryview) -> Tensor:
    """Read a TensorProto. Raises :class:`ValueError` when it is of a type that tallygate does not write, keeps its
    numbers outside of itself, or has other many than its dimensions say."""
    fields = read_message(message, _FIELDS, "a tensor")
    name = "".join(bytes(part).decode("utf-8") for part in fields["name"] if isinstance(part, memoryview))
    if fields["data_location"] not in ([], [0]):
        raise ValueError("a tensor keeps its numbers in another file")
    dtype = signed(fields["data_type"][0]) if fields["data_type"] else 0
    dims = tuple(signed(number) for number in fields["dims"])
    if dtype not in _BITS or min(dims, default=0) < 0:
        raise ValueError(f"a tensor has type {dtype} and dimensions {dims}")
    tensor = Tensor(name, dtype, dims, _data(fields, dtype))
    if len(tensor.raw) != (tensor.size * _BITS[dtype] + 7) // 8:
        raise ValueError(f"a tensor of {dims} holds {len(tensor.raw):,} bytes")
    return tensor


def _data(fields: dict[str, list[int | memoryview]], dtype: int) -> memoryview:
    """The bytes, from whichever field holds them; exactly one may."""
    held = [(name, fields[name][0]) for name in ("raw_data", "float_data", "int32_data") if fields[name]]
    if not held:
        return memoryview(b"")
    name, data = held[0]
    if len(held) > 1 or isinstance(data, int):
        raise ValueError("a tensor holds its numbers twice")
    if name == "int32_data":
        return _small(data, dtype)
    if name == "float_data" and dtype != FLOAT:
        raise ValueError(f"a tensor of type {dtype} holds floats")
    return data


def _small(data: memoryview, dtype: int) -> memoryview:
    if dtype not in (UINT8, INT8):
        raise ValueError(f"a tensor of type {dtype} holds numbers one by one")
    numbers = [signed(number) for number in packed_numbers(data, MAX_SMALL, "numbers of a tensor")]
    low, high = (0, 255) if dtype == UINT8 else (-128, 127)
    if any(not low <= number <= high for number in numbers):
        raise ValueError("a tensor holds a number that its type does not hold")
    return memoryview(np.array(numbers, np.int16).astype(_DTYPES[dtype]).tobytes())
