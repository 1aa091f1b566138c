"""NFC by the stored tables (Unicode Standard Annex 15): decompose, sort each run of marks, compose.

Only where a character joins what stands before it, or is more than one character in NFC, is there anything to do. Each
such place is worked on alone, and its marks are sorted once, so a long run of marks costs no more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tallygate.runtime.unicode.ordering import in_canonical_order
from tallygate.runtime.unicode.tables import DECOMPOSES, JOINS, unicode_tables

_L, _V, _T, _S = 0x1100, 0x1161, 0x11A7, 0xAC00
_V_COUNT, _T_COUNT = 21, 28
_S_COUNT = 19 * _V_COUNT * _T_COUNT


def compose(text: str) -> str:
    """``text``, folded before, in NFC."""
    return _places().sub(lambda place: _composed(place[0]), text)


@cache
def _places() -> re.Pattern[str]:
    """A character with the joining ones behind it, or one that decomposes."""
    joining, decomposing = (_class_of(bit) for bit in (JOINS, DECOMPOSES))
    return re.compile(f"(?s:.?)[{joining}]+|[{decomposing}]")


def _class_of(bit: int) -> str:
    """The inside of a regular expression's character class."""
    classes = unicode_tables().classes
    found = re.finditer(b"[%b]+" % re.escape(bytes(value for value in range(16) if value & bit)), classes)
    return "".join(f"\\U{span.start():08x}-\\U{span.end() - 1:08x}" for span in found)


def _composed(text: str) -> str:
    parts = [part for character in text for part in _decomposed(ord(character))]
    classes = unicode_tables().combining
    ordered = in_canonical_order(parts, lambda codepoint: classes.get(codepoint, 0))
    return "".join(map(chr, _recomposed(list(ordered))))


def _decomposed(codepoint: int) -> Iterator[int]:
    if 0 <= (syllable := codepoint - _S) < _S_COUNT:
        yield _L + syllable // (_V_COUNT * _T_COUNT)
        yield _V + syllable % (_V_COUNT * _T_COUNT) // _T_COUNT
        if syllable % _T_COUNT:
            yield _T + syllable % _T_COUNT
    elif codepoint in (tables := unicode_tables()).decompositions:
        first, second = tables.decompositions[codepoint]
        yield from _decomposed(first)
        yield from _decomposed(second)
    else:
        yield codepoint


def _recomposed(codepoints: list[int]) -> list[int]:
    combining = unicode_tables().combining
    result: list[int] = []
    starter, before = -1, 0
    for codepoint in codepoints:
        own = combining.get(codepoint, 0)
        blocked = starter < 0 or (before >= own and len(result) - 1 > starter)
        pair = None if blocked else _pair(result[starter], codepoint)
        if pair is not None:
            result[starter] = pair
            continue
        if own == 0:
            starter = len(result)
        before = own
        result.append(codepoint)
    return result


def _pair(first: int, second: int) -> int | None:
    """The composition of two characters, Hangul included."""
    if 0 <= first - _L < 19 and 0 <= second - _V < _V_COUNT:
        return _S + ((first - _L) * _V_COUNT + second - _V) * _T_COUNT
    if 0 <= first - _S < _S_COUNT and (first - _S) % _T_COUNT == 0 and 0 < second - _T < _T_COUNT:
        return first + second - _T
    return unicode_tables().compositions.get((first, second))
