"""``unicode_data.h`` from ``unicode17.bin``: the same tables in half the bytes, as arrays for ``src/unicode.c``.

The file lists every character; here neighbours that follow one rule are one entry, and a composition names the
decomposition that it undoes. All lists are of bytes, numbers in them little-endian: alike on every platform.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_HEADER = struct.Struct("<6I")
_CODE_POINTS, _BLOCK = 0x110000, 128
_SMALL, _ROW = 16, 32
"""Code points of a block, and blocks of a row, as the C code has them: found by trying, the smallest."""

Entry = tuple[int, ...]


def unicode_header(data: bytes) -> str:
    """The header's text."""
    version, _, *lengths = _HEADER.unpack_from(data)
    folds, marks, decompositions, compositions, rest = _lists(data, lengths)
    index, rows, blocks = _classes(rest)
    runs, values = _runs(folds)
    place = {(first, second): number for number, (_, first, second) in enumerate(decompositions)}
    arrays = {
        "class_index": bytes(index),
        "class_rows": b"".join(row.to_bytes(2, "little") for row in rows),
        "class_blocks": bytes(blocks),
        "folds": b"".join(_packed(run, (3, 2, 1, 3)) for run in runs),
        "fold_values": b"".join(_packed((value,), (3,)) for value in values),
        "marks": b"".join(_packed(entry, (3, 1, 1)) for entry in _equal(marks)),
        "decompositions": b"".join(_packed(entry, (3, 3, 3)) for entry in decompositions),
        "compositions": b"".join(_packed((place[first, second],), (2,)) for first, second, _ in compositions),
    }
    head = f"enum {{ UNICODE_VERSION = {version} }};\n"
    return head + "".join(_array(name, value) for name, value in arrays.items())


def _lists(data: bytes, lengths: Sequence[int]) -> Iterator[list[Entry]]:
    """The four lists, and the classes of all code points as entries of one number."""
    place = _HEADER.size
    for length, width in zip(lengths, (2, 2, 3, 3), strict=True):
        flat = [int.from_bytes(data[at : at + 3], "little") for at in range(place, place + 3 * width * length, 3)]
        yield list(zip(*(flat[part::width] for part in range(width)), strict=True))
        place += 3 * width * length
    blocks = place + _CODE_POINTS // _BLOCK
    half = _BLOCK // 2
    pairs = (pair for block in data[place:blocks] for pair in data[blocks + block * half :][:half])
    yield [(value,) for pair in pairs for value in (pair & 15, pair >> 4)]


def _classes(entries: list[Entry]) -> tuple[list[int], list[int], list[int]]:
    """Three stages: a row per 512 code points, in it a block per 16, in it half a byte each."""
    classes = [value for (value,) in entries]
    blocks, numbers = _stored(_cut(classes, _SMALL))
    rows, index = _stored(_cut(numbers, _ROW))
    halves = [low | high << 4 for block in blocks for low, high in zip(block[::2], block[1::2], strict=True)]
    return index, [number for row in rows for number in row], halves


def _cut(numbers: Sequence[int], size: int) -> list[Entry]:
    return [tuple(numbers[at : at + size]) for at in range(0, len(numbers), size)]


def _stored(parts: list[Entry]) -> tuple[list[Entry], list[int]]:
    """The different parts, and for each part which of them it is."""
    places: dict[Entry, int] = {}
    numbers = [places.setdefault(part, len(places)) for part in parts]
    return list(places), numbers


def _runs(folds: list[Entry]) -> tuple[list[Entry], list[int]]:
    """First code point, how many, step and difference; step 0: neighbours whose values stand at the place given."""
    runs: list[Entry] = []
    values: list[int] = []
    at = 0
    while at < len(folds):
        count, step = _regular(folds, at)
        first, value = folds[at]
        if count > 1:
            runs.append((first, count, step, (value - first) & 0xFFFFFF))
        else:
            count = _irregular(folds, at)
            runs.append((first, count, 0, len(values)))
            values += [value for _, value in folds[at : at + count]]
        at += count
    return runs, values


def _irregular(folds: list[Entry], at: int) -> int:
    """How many neighbours stand from ``at`` on before four follow one rule."""
    count = 1
    while at + count < len(folds) and folds[at + count][0] == folds[at][0] + count:
        if _regular(folds, at + count)[0] >= 4:
            break
        count += 1
    return count


def _regular(folds: list[Entry], at: int) -> tuple[int, int]:
    """How many from ``at`` on have one step and one difference, and the step."""
    found = (1, 1)
    for step in (1, 2):
        count = 1
        while at + count < len(folds) and folds[at + count] == (
            folds[at][0] + count * step,
            folds[at][1] + count * step,
        ):
            count += 1
        found = max(found, (count, step))
    return found


def _equal(entries: list[Entry]) -> list[Entry]:
    """Neighbours of one value: first code point, how many, value."""
    runs: list[list[int]] = []
    for key, value in entries:
        if runs and runs[-1][0] + runs[-1][1] == key and runs[-1][2] == value:
            runs[-1][1] += 1
        else:
            runs.append([key, 1, value])
    return [tuple(run) for run in runs]


def _packed(numbers: Sequence[int], widths: Sequence[int]) -> bytes:
    return b"".join(number.to_bytes(width, "little") for number, width in zip(numbers, widths, strict=True))


def _array(name: str, data: bytes) -> str:
    lines = "\n".join(", ".join(map(str, data[at : at + 24])) + "," for at in range(0, len(data), 24))
    return f"static const uint8_t {name}[] = {{\n{lines}\n}};\n"
