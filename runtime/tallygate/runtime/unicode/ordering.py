"""The canonical order of combining marks (Unicode Standard, section 3.11), in n log n steps.

Both versions of the text contract sort by this; they differ in whom they ask for a character's class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TypeVar

Character = TypeVar("Character", int, str)


def in_canonical_order(characters: Iterable[Character], class_of: Callable[[Character], int]) -> Iterator[Character]:
    """Each run of characters that have a combining class, in the order of the classes; equal ones stay in order."""
    for has_class, group in groupby(characters, key=lambda character: class_of(character) > 0):
        together = list(group)
        yield from sorted(together, key=class_of) if has_class else together
