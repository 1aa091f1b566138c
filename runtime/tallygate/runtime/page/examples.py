"""Golden texts that a page offers to try: the bundle's own words, whatever it was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 6
_SHORTEST, _LONGEST = 25, 220
_WORDS_IN_TITLE = 4
_LETTERS = 0.9
"""Share of a text that must be letters and spaces: goldens hold much that is odd, for the proof and not for people."""


def examples_among(texts: Sequence[str], logits: NDArray[np.float64]) -> list[dict[str, str]]:
    """Titles and texts, the surest of each label in turn; of labels that no readable golden has, none."""
    indices = (logits[:, 0] > 0).astype(int) if logits.shape[1] == 1 else logits.argmax(axis=1)
    margins = np.abs(logits[:, 0]) if logits.shape[1] == 1 else np.ptp(np.sort(logits, axis=1)[:, -2:], axis=1)
    by_label: dict[int, list[int]] = defaultdict(list)
    for place in np.argsort(-margins, kind="stable").tolist():
        if _is_readable(texts[place]):
            by_label[int(indices[place])].append(place)
    turns = [place for turn in zip(*_filled(by_label), strict=True) for place in turn if place is not None]
    return [{"title": _title(texts[place]), "text": texts[place]} for place in turns[:MOST]]


def _filled(by_label: dict[int, list[int]]) -> list[list[int | None]]:
    longest = max(map(len, by_label.values()), default=0)
    return [[*places, *[None] * (longest - len(places))] for _, places in sorted(by_label.items())]


def _is_readable(text: str) -> bool:
    letters = sum(character.isalpha() or character == " " for character in text)
    words = text.split()
    return (
        _SHORTEST <= len(text) <= _LONGEST
        and text.isprintable()
        and letters >= _LETTERS * len(text)
        and text[-1] in ".!?"
        and len(set(words)) > 0.8 * len(words)
    )


def _title(text: str) -> str:
    words = text.split()
    return " ".join(words[:_WORDS_IN_TITLE]) + (" \u2026" if len(words) > _WORDS_IN_TITLE else "")
