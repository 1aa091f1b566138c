"""Make the Unicode tables again: ``python -m tallygate.runtime.unicode.make_tables``.

Categories, combining classes and compositions come from ``unicodedata2`` of the version that is named here; lower case
comes from ``node`` of the same version, whose own answers about letters and NFC must agree on every code point. Writes
``unicode17.bin`` beside this file; the C core's build makes its source from that file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tallygate.runtime.outputs import write_bytes
from tallygate.runtime.unicode.tables import (
    BLOCK,
    CODE_POINTS,
    DECOMPOSES,
    FILE,
    FOLDS,
    HEADER,
    JOINS,
    UNICODE_VERSION,
    WORD,
)

DOTTED_CAPITAL_I = 0x130
"""The only character whose lower case is two: ``i`` and a dot above, which NFC leaves apart."""
_SURROGATES = range(0xD800, 0xE000)
_JOINING_JAMO = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
_HANGUL = range(0xAC00, 0xD7A4)
_ORACLE = """
const all = [];
for (let c = 0; c < 0x110000; c++) {
  const s = String.fromCodePoint(c >= 0xd800 && c < 0xe000 ? 0x20 : c);
  all.push([s.toLowerCase(), /[\\p{L}\\p{M}\\p{N}]/u.test(s) ? 1 : 0, s.normalize("NFC")]);
}
console.log(JSON.stringify({version: process.versions.unicode, all}));
"""


class Unicode(NamedTuple):
    """What the tables need to know."""

    lower: list[str]
    is_word: list[bool]
    nfc: Callable[[str], str]
    combining: Callable[[str], int]
    decomposition: Callable[[str], list[int]]


def read_unicode() -> Unicode:
    """The named version. Stops where the two sources are of another version or disagree."""
    import unicodedata2

    output = subprocess.run(["node", "-e", _ORACLE], capture_output=True, check=True, text=True).stdout
    oracle = json.loads(output)
    versions = unicodedata2.unidata_version, oracle["version"]
    if any(int(version.split(".")[0]) != UNICODE_VERSION for version in versions):
        sys.exit(f"unicodedata2 and node have Unicode {versions}, not {UNICODE_VERSION}")
    characters = [" " if c in _SURROGATES else chr(c) for c in range(CODE_POINTS)]
    is_word = [unicodedata2.category(character)[0] in "LMN" for character in characters]
    nfc = [unicodedata2.normalize("NFC", character) for character in characters]
    if [[w, n] for w, n in zip(is_word, nfc, strict=True)] != [[bool(w), n] for _, w, n in oracle["all"]]:
        sys.exit("unicodedata2 and node disagree")

    def decomposition(character: str) -> list[int]:
        parts = unicodedata2.decomposition(character)
        return [] if parts.startswith("<") else [int(part, 16) for part in parts.split()]

    lower = [low for low, _, _ in oracle["all"]]
    return Unicode(
        lower,
        is_word,
        lambda text: str(unicodedata2.normalize("NFC", text)),
        lambda character: int(unicodedata2.combining(character)),
        decomposition,
    )


def folds_of(unicode: Unicode) -> dict[int, int]:
    """Lower case, then what a character alone is in NFC where that is one character; U+2019 is an apostrophe."""
    folds = {0x2019: 0x27}
    for codepoint, lower in enumerate(unicode.lower):
        if codepoint in _SURROGATES or codepoint == DOTTED_CAPITAL_I:
            continue
        assert len(lower) == 1, f"U+{codepoint:04X} has a long lower case"
        folded = unicode.nfc(lower)
        if len(folded) == 1 and ord(folded) != codepoint:
            folds[codepoint] = ord(folded)
    return folds


def tables_from(unicode: Unicode) -> bytes:
    """``unicode17.bin``."""
    folds = folds_of(unicode)
    decompositions, compositions = _pairs(unicode)
    seconds = {second for _, second in compositions}
    classes = bytearray(CODE_POINTS)
    combining = {}
    for codepoint in range(CODE_POINTS):
        if codepoint in _SURROGATES:
            continue
        character = chr(codepoint)
        if value := unicode.combining(character):
            combining[codepoint] = value
        first = _first_part(codepoint, decompositions)
        joins = bool(unicode.combining(chr(first))) or first in seconds or first in _JOINING_JAMO
        changes = len(unicode.nfc(character)) > 1
        assert not joins or unicode.is_word[codepoint], f"U+{codepoint:04X} joins, and is no word character"
        classes[codepoint] = (
            WORD * unicode.is_word[codepoint]
            | JOINS * joins
            | FOLDS * (codepoint in folds or codepoint == DOTTED_CAPITAL_I)
            | DECOMPOSES * changes
        )
    return _packed(bytes(classes), folds, combining, decompositions, compositions)


def _first_part(codepoint: int, decompositions: dict[int, tuple[int, int]]) -> int:
    while codepoint in decompositions:
        codepoint = decompositions[codepoint][0]
    return codepoint


def _pairs(unicode: Unicode) -> tuple[dict[int, tuple[int, int]], dict[tuple[int, int], int]]:
    """Canonical decompositions into two, and which of them compose again; Hangul syllables are computed instead."""
    decompositions, compositions = {}, {}
    for codepoint in range(CODE_POINTS):
        if codepoint in _SURROGATES or codepoint in _HANGUL:
            continue
        parts = unicode.decomposition(chr(codepoint))
        if len(parts) == 2:
            decompositions[codepoint] = parts[0], parts[1]
            if unicode.nfc(chr(codepoint)) == chr(codepoint):
                compositions[parts[0], parts[1]] = codepoint
    return decompositions, compositions


def _packed(
    classes: bytes,
    folds: dict[int, int],
    combining: dict[int, int],
    decompositions: dict[int, tuple[int, int]],
    compositions: dict[tuple[int, int], int],
) -> bytes:
    cut = [classes[start : start + BLOCK] for start in range(0, CODE_POINTS, BLOCK)]
    blocks = sorted(set(cut))
    place = {block: number for number, block in enumerate(blocks)}
    lists = [
        [number for pair in sorted(folds.items()) for number in pair],
        [number for pair in sorted(combining.items()) for number in pair],
        [number for key, pair in sorted(decompositions.items()) for number in (key, *pair)],
        [number for pair, result in sorted(compositions.items()) for number in (*pair, result)],
    ]
    counts = len(folds), len(combining), len(decompositions), len(compositions)
    head = HEADER.pack(UNICODE_VERSION, len(blocks), *counts)
    numbers = b"".join(number.to_bytes(3, "little") for part in lists for number in part)
    return head + numbers + bytes(place[block] for block in cut) + b"".join(map(_halves, blocks))


def _halves(block: bytes) -> bytes:
    """Two classes of four bits to a byte, the first one in the lower half."""
    return bytes(low | high << 4 for low, high in zip(block[::2], block[1::2], strict=True))


def main() -> None:
    """Write the file."""
    path = Path(__file__).with_name(FILE)
    write_bytes(path, tables_from(read_unicode()))
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
