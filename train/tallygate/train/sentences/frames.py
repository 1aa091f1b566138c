"""The frames of short sentences, taken apart: which part of a line a frame is, and which operator words it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tallygate.train.sentences import held_out_frames, trained_frames

Family = Literal["near", "far", "double", "contrast", "change", "compare", "neutral"]
FAMILIES: tuple[Family, ...] = ("near", "far", "double", "contrast", "change", "compare", "neutral")
Kind = Literal["operator", "twin", "aside", "neutral"]
KINDS: tuple[Kind, ...] = ("operator", "twin", "aside")
"""The parts of a line, in its order: an operator at work, none, and one that governs something else."""
Part = Literal["trained", "held_out"]

_OPERATORS = """
not no nobody none nothing nowhere neither nor never cannot can't won't wasn't isn't don't doesn't didn't couldn't
wouldn't hardly scarcely barely rarely seldom few without lacks fails deny refuse doubt far anything
but although though despite spite while yet however still even except
first then until later before after once longer began started became turned ended stopped used went instead from
more less least most than as too rather
"""
OPERATORS = frozenset(_OPERATORS.split())
"""Words that turn, place or measure another word; what is between them may differ without making another frame."""
_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True)
class Frame:
    """One pattern. Its label is that of the words it takes as ``{+}``."""

    pattern: str
    family: Family
    kind: Kind

    @property
    def operators(self) -> tuple[str, ...]:
        """The operator words, in their order."""
        return tuple(word for word in _WORD.findall(self.pattern) if word in OPERATORS)


@cache
def frames_of(part: Part) -> tuple[Frame, ...]:
    """All frames that training reads, or all that it never does; those of a line behind each other."""
    texts = trained_frames if part == "trained" else held_out_frames
    return tuple(frame for family in FAMILIES for frame in _frames(getattr(texts, family.upper()), family))


def _frames(lines: str, family: Family) -> list[Frame]:
    split = [[pattern.strip() for pattern in line.split(" | ")] for line in lines.strip().splitlines()]
    kinds: tuple[Kind, ...] = ("neutral",) if family == "neutral" else KINDS
    return [Frame(pattern, family, kind) for line in split for kind, pattern in zip(kinds, line, strict=True)]
