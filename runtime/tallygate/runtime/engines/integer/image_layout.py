"""How the device image lies in its bytes, for the reader and the writer; ``docs/device-image.md`` is its specification.

A header, a table of sections, then the sections; each section holds arrays one after the other, and every array begins
at a multiple of 64 bytes, so that a device can use them where they lie.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.arithmetic import SEGMENTS
from tallygate.runtime.engines.integer.model import HeadActivation, Pooling
from tallygate.runtime.ngrams import HASHES

MAGIC = b"TGIMAGE\x00"
VERSION = 1
ALIGNMENT = 64
HEADER = struct.Struct("<8sIIQQ32s")
"""Magic, version, number of sections, bytes of the file, zero, SHA-256 of all other bytes."""
HASHED_HEADER = 32
"""Bytes of the header before its hash."""
ENTRY = struct.Struct("<4sIQQQ")
"""Tag, flags, offset, length, zero."""
REQUIRED = 1
"""Flag: a reader that does not know the section refuses the image."""
MAX_SECTIONS = 64
TEXT_CLASSIFICATION = 1
POOLINGS: tuple[Pooling, ...] = ("last", "mean", "max")
ACTIVATIONS: tuple[HeadActivation, ...] = ("linear", "relu", "table")
KEEPS: tuple[Literal["first", "last"], ...] = ("first", "last")


@dataclass(frozen=True)
class Sizes:
    """Section ``SIZE``: 32-bit numbers, in this order."""

    task: int
    rows: int
    inputs: int
    hidden: int
    layers: int
    directions: int
    outputs: int
    pooling: int
    floor: int
    activation: int
    gate_bits: int
    cell_bits: int
    text_version: int
    unicode_version: int
    """Major version of the Unicode tables that the text contract reads by."""
    max_length: int
    keep: int
    marks: int
    words: int
    word_bytes: int
    hash_slots: int
    labels: int
    label_bytes: int
    temperatures: int
    goldens: int
    golden_bytes: int

    def to_bytes(self) -> bytes:
        """As the section holds them."""
        return struct.pack(f"<{len(fields(self))}I", *astuple(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Sizes:
        """Raises :class:`struct.error` for another length."""
        return cls(*struct.unpack(f"<{len(fields(cls))}I", data))


@dataclass(frozen=True)
class ArraySpec:
    """One array of a section."""

    name: str
    dtype: str
    """Little-endian numpy code."""
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        count = 1
        for extent in self.shape:
            count *= extent
        return count * np.dtype(self.dtype).itemsize


def section_arrays(s: Sizes) -> dict[str, list[ArraySpec]]:
    """The arrays of every section but ``SIZE``, in the order of the file."""
    gates, width = 4 * s.hidden, s.hidden * s.directions
    functions = ["sigmoid", "candidate", "cell"] + ["head_table"] * (ACTIVATIONS[s.activation] == "table")
    return {
        "LABL": [ArraySpec("label_offsets", "<u4", (s.labels + 1,)), ArraySpec("label_bytes", "u1", (s.label_bytes,))],
        "MARK": [ArraySpec("marks", "<u4", (s.marks,))],
        "WORD": [
            ArraySpec("word_offsets", "<u4", (s.words + 1,)),
            ArraySpec("word_rows", "<u4", (s.words,)),
            ArraySpec("hash_slots", "<u4", (s.hash_slots,)),
            ArraySpec("word_bytes", "u1", (s.word_bytes,)),
        ],
        "EMBD": [ArraySpec("embedding", "<i2", (s.rows, s.inputs))],
        "INPT": [array for place in range(s.directions) for array in _input_arrays(place, gates, s.inputs)],
        "LSTM": [
            array
            for layer in range(s.layers)
            for place in range(s.directions)
            for array in _direction_arrays(layer, place, gates, s.hidden + (width if layer else 0))
        ],
        "FUNC": [ArraySpec(name, "<i2", (3, SEGMENTS)) for name in functions],
        "HEAD": [
            ArraySpec("head_weights", "<i4", (s.outputs, width)),
            ArraySpec("head_bias", "<f8", (s.outputs,)),
            ArraySpec("head_scale", "<f8", (1,)),
        ],
        "CALB": [ArraySpec("temperatures", "<f8", (s.temperatures,))],
        "GOLD": [
            ArraySpec("golden_offsets", "<u4", (s.goldens + 1,)),
            ArraySpec("golden_logits", "<f8", (s.goldens, s.outputs)),
            ArraySpec("golden_bytes", "u1", (s.golden_bytes,)),
        ],
    }


NGRAMS = "NGRM"
"""The section of words and n-grams, where a model has them; its first array says how long the others are."""
NGRAM_SIZES = ArraySpec("ngrams.sizes", "<u4", (3,))
"""Words of the longest n-gram, slots, buckets."""


def ngram_arrays(s: Sizes, longest: int, slots: int, buckets: int) -> list[ArraySpec]:
    """All arrays of that section, the first one again."""
    return [
        NGRAM_SIZES,
        ArraySpec("ngrams.factors", "<u8", (HASHES, longest)),
        ArraySpec("ngrams.scales", "<f8", (s.outputs,)),
        ArraySpec("ngrams.displacements", "<u2", (buckets,)),
        ArraySpec("ngrams.fingerprints", "<u2", (slots,)),
        ArraySpec("ngrams.codes", "i1", (s.rows + slots, s.outputs)),
    ]


def section_size(arrays: list[ArraySpec]) -> int:
    """Bytes of a section, the last array's padding included."""
    return sum(padded(array.size) for array in arrays)


def padded(size: int) -> int:
    """``size`` up to the next multiple of 64."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def word_hash(word: bytes) -> int:
    """32 bits: the word as 8-byte little-endian numbers, the last one filled up with zeros, mixed in one by one."""
    value = 0x9E3779B97F4A7C15 ^ len(word)
    for start in range(0, len(word), 8):
        value = (value ^ int.from_bytes(word[start : start + 8], "little")) * 0xFF51AFD7ED558CCD & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 32
    return (value ^ value >> 16) & 0xFFFFFFFF


SLOT_INDEX_BITS = 24
"""A slot holds a word's number plus 1 in its lower 24 bits, and the upper 8 bits of the word's hash; 0 is empty."""


def slots_of_words(words: list[bytes], slots: int) -> NDArray[np.uint32]:
    """The hash table of ``words``: open addressing by linear steps, words in their order."""
    table = np.zeros(slots, "<u4")
    for number, word in enumerate(words, 1):
        value = word_hash(word)
        place = value & slots - 1
        while table[place]:
            place = place + 1 & slots - 1
        table[place] = number | value >> SLOT_INDEX_BITS << SLOT_INDEX_BITS
    return table


def _input_arrays(place: int, gates: int, inputs: int) -> list[ArraySpec]:
    name = f"inputs.{place}"
    return [
        ArraySpec(f"{name}.weights", "<i2", (gates, inputs)),
        ArraySpec(f"{name}.multipliers", "<i4", (gates,)),
        ArraySpec(f"{name}.offsets", "<i8", (gates,)),
        ArraySpec(f"{name}.shifts", "u1", (gates,)),
    ]


def _direction_arrays(layer: int, place: int, gates: int, width: int) -> list[ArraySpec]:
    name = f"lstm.{layer}.{place}"
    return [
        ArraySpec(f"{name}.weights", "i1", (gates, width)),
        ArraySpec(f"{name}.multipliers", "<i2", (gates,)),
        ArraySpec(f"{name}.bias", "<i2", (gates,)),
        ArraySpec(f"{name}.shifts", "u1", (gates,)),
    ]
