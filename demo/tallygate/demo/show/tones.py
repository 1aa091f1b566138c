"""Which of the page's colours a label has, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

TONES = 8


def tones_in(order: Sequence[int]) -> dict[int, int | str]:
    """Index of a label -> its colour, where the labels at the front of ``order`` stand side by side.

    With more labels than colours these would share some, so here the first take one each and the others are grey.
    """
    if len(order) <= TONES:
        return {index: tone_of(index) for index in order}
    return {index: rank if rank < TONES else "against" for rank, index in enumerate(order)}


def tone_of(index: int) -> int:
    """The colour of the label at ``index``."""
    return index % TONES


def tones_of(labels: Sequence[str]) -> dict[str, int]:
    """Label -> its colour."""
    return {label: tone_of(index) for index, label in enumerate(labels)}
