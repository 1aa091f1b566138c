"""Making small what a page brings along; ``page/packing.js`` is the counterpart.

A page may only hold text, and browsers can inflate but nothing stronger. So before all parts are deflated in one
stream, numbers of several bytes are laid out byte by byte (weights then take a twentieth less), offsets as their steps,
and two things are left out: the hash table of the words, which follows from them, and what the second WebAssembly
module has in common with the first. Steps tell the page how each part is put together again; its hash tells whether it
was.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tallygate.runtime.engines.integer import image_layout as layout

_ALIKE, _SHORTEST_COPY = 32, 96
"""Bytes by which two parts are searched for what they share, and the fewest that are worth a step."""
ALPHABET = bytes(code for code in range(33, 127) if code not in b"<>&")
Step = tuple[str | int, ...]
"""Kind, then numbers: ``raw bytes``, ``planes bytes width``, ``rises bytes``, ``copy part offset bytes``,
``slots bytes words offset-of-word-offsets offset-of-word-bytes``."""


@dataclass(frozen=True)
class Part:
    """One thing that the page needs."""

    name: str
    data: bytes
    steps: Sequence[Step]

    def facts(self) -> dict[str, Any]:
        """What the page knows of it before it has it."""
        digest = hashlib.sha256(self.data).hexdigest()
        return {"name": self.name, "size": len(self.data), "sha256": digest, "steps": self.steps}


def plain_part(name: str, data: bytes) -> Part:
    """A part as it is."""
    return Part(name, data, [("raw", len(data))])


def part_beside(name: str, data: bytes, other: Part) -> Part:
    """What has much in common with another part, as two WebAssembly modules of one core: that is taken from there.

    Deflating alone would not find it: it looks back 32 KiB.
    """
    places = {other.data[at : at + _ALIKE]: at for at in range(len(other.data) - _ALIKE + 1)}
    steps: list[Step] = []
    at = raw = 0
    while at < len(data):
        there = places.get(data[at : at + _ALIKE])
        size = 0 if there is None else _common(data, at, other.data, there)
        if there is None or size < _SHORTEST_COPY:
            at += 1
            continue
        steps += [("raw", at - raw), ("copy", other.name, there, size)]
        at = raw = at + size
    return Part(name, data, _joined(iter([*steps, ("raw", len(data) - raw)])))


def _common(data: bytes, at: int, other: bytes, there: int) -> int:
    """Bytes that are alike from these places on."""
    most = min(len(data) - at, len(other) - there)
    one, two = np.frombuffer(data, np.uint8, most, at), np.frombuffer(other, np.uint8, most, there)
    differ = np.flatnonzero(one != two)
    return int(differ[0]) if len(differ) else most


def image_part(name: str, image: bytes) -> Part:
    """A device image. It must have been read before: its sizes are trusted."""
    return Part(name, image, _joined(_image_steps(image)))


def payload_of(parts: Sequence[Part]) -> str:
    """All parts as one deflated text."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return base91_of(compressor.compress(b"".join(map(_packed, parts))) + compressor.flush())


def base91_of(data: bytes) -> str:
    """Two characters for 13 bits, the lowest first; one for the last 6 or fewer. 91 of the 94 printable characters,
    without ``<``, which could end the element that holds the text: 1.5% less than base 85.
    """
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    numbers = np.zeros((-(-len(bits) // 13), 13), np.uint16)
    numbers.reshape(-1)[: len(bits)] = bits
    values = numbers @ (1 << np.arange(13, dtype=np.uint16))
    digits: bytes = np.frombuffer(ALPHABET, np.uint8)[np.stack([values % 91, values // 91], axis=1)].tobytes()
    text = digits.decode("ascii")
    return text[:-1] if 1 <= len(bits) % 13 <= 6 else text


def _packed(part: Part) -> bytes:
    pieces, at = [], 0
    for kind, *numbers in part.steps:
        size = int(numbers[2] if kind == "copy" else numbers[0])
        piece = part.data[at : at + size]
        if kind == "raw":
            pieces.append(piece)
        elif kind == "planes":
            pieces.append(_planes(piece, int(numbers[1])))
        elif kind == "rises":
            offsets = np.frombuffer(piece, "<u4")
            pieces.append(_planes(np.diff(offsets, prepend=np.uint32(0)).astype("<u4").tobytes(), 4))
        at += size
    return b"".join(pieces)


def _planes(data: bytes, width: int) -> bytes:
    return np.frombuffer(data, np.uint8).reshape(-1, width).T.tobytes()


def _image_steps(image: bytes) -> Iterator[Step]:
    """Section by section, array by array; what lies between them is padding."""
    count = layout.HEADER.unpack_from(image)[2]
    entries = [layout.ENTRY.unpack_from(image, layout.HEADER.size + i * layout.ENTRY.size) for i in range(count)]
    places = {tag.decode("latin-1"): (offset, size) for tag, _, offset, size, _ in entries}
    offset, size = places["SIZE"]
    sizes = layout.Sizes.from_bytes(image[offset : offset + size])
    at, sections = 0, layout.section_arrays(sizes)
    for tag, start in sorted(((tag, places[tag][0]) for tag in sections), key=lambda pair: pair[1]):
        yield ("raw", start - at)
        at, starts = start, _starts(sections[tag], start)
        for array in sections[tag]:
            yield _array_step(image, array, starts, sizes)
            yield ("raw", layout.padded(array.size) - array.size)
            at += layout.padded(array.size)
    yield ("raw", len(image) - at)


def _starts(arrays: Sequence[layout.ArraySpec], start: int) -> dict[str, int]:
    sizes = [0, *(layout.padded(array.size) for array in arrays)]
    return {array.name: start + int(offset) for array, offset in zip(arrays, np.cumsum(sizes), strict=False)}


def _array_step(image: bytes, array: layout.ArraySpec, starts: dict[str, int], sizes: layout.Sizes) -> Step:
    width = np.dtype(array.dtype).itemsize
    if array.name == "hash_slots" and _slots_follow(image, array, starts, sizes):
        return ("slots", array.size, sizes.words, starts["word_offsets"], starts["word_bytes"])
    if array.name.endswith("_offsets") and array.dtype == "<u4":
        return ("rises", array.size)
    return ("planes", array.size, width) if width > 1 else ("raw", array.size)


def _slots_follow(image: bytes, array: layout.ArraySpec, starts: dict[str, int], sizes: layout.Sizes) -> bool:
    """Whether the table is the one that the words give in their order, as images of this writer have it."""
    offsets = np.frombuffer(image, "<u4", sizes.words + 1, starts["word_offsets"]).tolist()
    start = starts["word_bytes"]
    words = [image[start + a : start + b] for a, b in pairwise(offsets)]
    slots = layout.slots_of_words(words, sizes.hash_slots)
    return slots.tobytes() == image[starts["hash_slots"] : starts["hash_slots"] + array.size]


def _joined(steps: Iterator[Step]) -> list[Step]:
    """Neighbours that are raw become one, and empty steps none."""
    joined: list[Step] = []
    for step in steps:
        size = int(step[3] if step[0] == "copy" else step[1])
        if joined and step[0] == joined[-1][0] == "raw":
            joined[-1] = ("raw", int(joined[-1][1]) + size)
        elif size:
            joined.append(step)
    return joined
