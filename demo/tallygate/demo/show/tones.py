"""Which of the page's colours a label has, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

TONES = 8


def tone_of(index: int) -> int:
    """The colour of the label at ``index``."""
    return index % TONES


def tones_of(labels: Sequence[str]) -> dict[str, int]:
    """Label -> its colour."""
    return {label: tone_of(index) for index, label in enumerate(labels)}
