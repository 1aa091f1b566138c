"""Unicode normalisation form C in linear time.

``unicodedata.normalize`` puts the marks of a run in order by insertion, so a run of n marks whose combining classes
alternate costs n * n steps (https://github.com/python/cpython/issues/149079: 100,000 of them hold the interpreter for
seconds). Here such a run is put in order by a stable sort first. That is the order which normalisation itself would
give, so the result is the same for every string; and what is in order already costs it one step per mark.

A text without a mark at any thirty-second character has no long run, and ordinary text is told by that.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from unicodedata import combining, normalize

from tallygate.runtime.unicode import in_canonical_order

_LONG = 64
"""Marks from which a run is sorted: the steps of a shorter one are bounded by this, per character."""
_PERHAPS_A_MARK = "[\u0300-\u1dff\u20d0-\u33ff\ua66f-\uabff\ufb1e-\ufe2f\U000101fd-\U0001ffff]"
"""Where marks are, without most letters. One that is missing here would cost time and change no result."""
_DECOMPOSED_MARKS = "\u0f73\u0f75\u0f81"
"""Of no combining class themselves, but made of characters that have one. Unicode adds no more of these."""


def nfc(text: str) -> str:
    """``normalize("NFC", text)``, in time that grows with the length alone."""
    sample = text[:: _LONG // 2]
    if _perhaps_a_mark().search(sample) and any(map(_is_mark, sample)):
        text = _long_runs().sub(_in_order, text)
    return normalize("NFC", text)


def _is_mark(character: str) -> bool:
    return bool(combining(character)) or character in _DECOMPOSED_MARKS


def _in_order(run: re.Match[str]) -> str:
    """The run's marks, each decomposed, in canonical order by the interpreter's own classes."""
    return "".join(in_canonical_order(chain.from_iterable(normalize("NFD", mark) for mark in run.group()), combining))


@cache  # compiled when a text first asks for it: most processes read ASCII alone
def _perhaps_a_mark() -> re.Pattern[str]:
    return re.compile(_PERHAPS_A_MARK)


@cache
def _long_runs() -> re.Pattern[str]:
    marks = "".join(re.escape(c) for c in map(chr, range(0x300, 0x20000)) if _is_mark(c))
    return re.compile(f"[{marks}]{{{_LONG},}}")
