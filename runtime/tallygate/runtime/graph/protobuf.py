"""Protocol buffers, read by a list of what may stand in a message; everything else is refused.

https://protobuf.dev/programming-guides/encoding. A reader that skips what it does not know, or takes the last of two
values, can see another graph than the engine that reads the same bytes next. So nothing is skipped here: an unknown
field, a second value of a field that has one, more values than a field may have, and a wire type that is not the
field's are errors, and the cost of a message is bounded by these counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LARGEST = 2**64

Value = int | memoryview


class Field(msgspec.Struct, frozen=True):
    """What a message may hold under one number."""

    name: str
    wire: int
    """Wire type; whole numbers that are many may be packed as well."""
    most: int = 1
    """Most values of it; 0 names a field that no graph of tallygate has."""


def read_message(message: memoryview, known: Mapping[int, Field], kind: str) -> dict[str, list[Value]]:
    """The values by field name, in order; every known field has its list.

    Raises :class:`ValueError` for anything that ``known`` does not allow; ``kind`` names the message, with its article.
    """
    values: dict[str, list[Value]] = {field.name: [] for field in known.values() if field.most}
    position, end = 0, len(message)
    while position < end:
        key, position = _varint(message, position)
        field = known.get(key >> 3)
        if field is None:
            raise ValueError(f"{kind} holds field {key >> 3}, which tallygate does not write")
        if field.most == 0:
            raise ValueError(f"{kind} holds {field.name}, which tallygate does not write")
        held, position = _value(message, position, key & 7)
        packed = field.wire == VARINT and field.most > 1 and key & 7 == BYTES
        if key & 7 != field.wire and not packed:
            raise ValueError(f"the {field.name} of {kind} has wire type {key & 7}")
        kept = values[field.name]
        if packed and isinstance(held, memoryview):
            kept += packed_numbers(held, field.most - len(kept), f"{field.name} of {kind}")
        else:
            kept.append(held)
        if len(kept) > field.most:
            raise ValueError(f"{kind} holds more than {field.most:,} of {field.name}")
    return values


def without_field(message: memoryview, number: int) -> list[memoryview]:
    """The pieces of a message that are not of the field ``number``, which put together are a message again."""
    pieces, position, begin = list[memoryview](), 0, 0
    while position < len(message):
        start = position
        key, position = _varint(message, position)
        _, position = _value(message, position, key & 7)
        if key >> 3 == number:
            pieces.append(message[begin:start])
            begin = position
    return [*pieces, message[begin:]]


def varint(number: int) -> bytes:
    """A whole number as it is written."""
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def packed_numbers(packed: memoryview, most: int, what: str) -> list[int]:
    """Whole numbers that stand one behind the other. Raises :class:`ValueError` for more than ``most``."""
    numbers: list[int] = []
    position = 0
    while position < len(packed):
        number, position = _varint(packed, position)
        numbers.append(number)
        if len(numbers) > most:
            raise ValueError(f"there are too many {what}")
    return numbers


def signed(number: Value) -> int:
    """An int32 or int64 from its two's complement."""
    whole = number if isinstance(number, int) else int.from_bytes(number, "little")
    return whole - _LARGEST if whole >> 63 else whole


def _value(message: memoryview, position: int, wire: int) -> tuple[Value, int]:
    if wire == VARINT:
        return _varint(message, position)
    if wire == BYTES:
        size, position = _varint(message, position)
    elif wire in (FIXED64, FIXED32):
        size = 8 if wire == FIXED64 else 4
    else:
        raise ValueError(f"wire type {wire}")
    if position + size > len(message):
        raise ValueError("the file ends inside a field")
    return message[position : position + size], position + size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64 and position < len(message):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >= _LARGEST:
                break
            return value, position
        shift += 7
    raise ValueError("a number is too long")
