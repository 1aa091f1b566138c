"""The tables of ``unicode17.bin``, and what they say of a code point.

A class per code point, in blocks that are stored once, and four sorted lists: folds, combining classes, decompositions
and compositions. The C core holds the same bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

UNICODE_VERSION = 17
FILE = "unicode17.bin"
HEADER = struct.Struct("<6I")
"""Version, blocks, then the lengths of the four lists, whose numbers have three bytes. After them a byte per block of
code points says which stored block it is; those hold two classes of four bits to a byte."""
CODE_POINTS = 0x110000
BLOCK = 128

WORD = 1
"""Class bit: letter, mark or digit (L, M, N)."""
JOINS = 2
"""Class bit: may compose with, or be sorted among, what stands before it; always a word character."""
FOLDS = 4
"""Class bit: has another lower case, or is another character in NFC."""
DECOMPOSES = 8
"""Class bit: is more than one character in NFC."""


@dataclass(frozen=True)
class UnicodeTables:
    """What the text contract reads a text by."""

    classes: bytes
    """Class bits of every code point."""
    translation: dict[int, str]
    """For ``str.translate``: lower case and NFC of single characters, and U+2019 as an apostrophe."""
    combining: dict[int, int]
    """Canonical combining class of each character that has one."""
    decompositions: dict[int, tuple[int, int]]
    """Canonical decomposition into two."""
    compositions: dict[tuple[int, int], int]
    """Canonical composition of two."""


def table_bytes() -> bytes:
    """The tables as the file has them, and the C core."""
    from importlib.resources import files  # brings tempfile and random along, for texts that are not ASCII alone

    return (files("tallygate.runtime.unicode") / FILE).read_bytes()


@cache
def unicode_tables() -> UnicodeTables:
    """The tables, read once: only a text that is not ASCII needs them."""
    import numpy as np  # `tallygate --help` reaches this file, and needs no numpy

    data = table_bytes()
    _, blocks, folds, combining, decompositions, compositions = HEADER.unpack_from(data)
    count = 2 * (folds + combining) + 3 * (decompositions + compositions)
    triples = np.frombuffer(data, np.uint8, 3 * count, HEADER.size).reshape(-1, 3).astype(np.int64)
    cuts = np.cumsum([2 * folds, 2 * combining, 3 * decompositions])
    fold, combine, decompose, compose = np.split(triples @ np.array([1, 1 << 8, 1 << 16]), cuts)
    index = np.frombuffer(data, np.uint8, CODE_POINTS // BLOCK, HEADER.size + triples.size)
    halves = np.frombuffer(data, np.uint8, blocks * BLOCK // 2, HEADER.size + triples.size + index.size)
    classes = np.stack([halves & 15, halves >> 4], axis=1).reshape(blocks, BLOCK)[index]
    return UnicodeTables(
        classes=classes.tobytes(),
        translation={key: chr(value) for key, value in fold.reshape(-1, 2).tolist()} | {0x130: "i\u0307"},
        combining=dict(map(tuple, combine.reshape(-1, 2).tolist())),
        decompositions={key: (a, b) for key, a, b in decompose.reshape(-1, 3).tolist()},
        compositions={(a, b): result for a, b, result in compose.reshape(-1, 3).tolist()},
    )
