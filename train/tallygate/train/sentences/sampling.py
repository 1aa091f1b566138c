"""Sentences drawn from frames and words: what a network lacks that has read whole reviews alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from tallygate.train.sentences.frames import Frame, Kind, Part, frames_of
from tallygate.train.sentences.polar import PolarWords

TOPICS = (
    "the film", "the acting", "the plot", "the story", "the ending", "the script", "the cast", "the music",
    "the dialogue", "the opening", "the camera work", "the second half",
)  # fmt: skip
SHARES: dict[Kind, float] = {"operator": 0.5, "twin": 0.25, "aside": 0.15, "neutral": 0.1}
"""Of the sentences. Without twins and asides the words of a frame alone come to turn a sentence."""
BESIDE = 0.2
"""Share of the sentences that have a neutral one beside them."""
_ENDS, _ENDS_SHARES = (".", "!", ""), (0.6, 0.2, 0.2)
_SLOT = re.compile(r"\{([-+TU])\}")
_ARTICLE = re.compile(r"\ba (?=[aeiou])")


@dataclass(frozen=True)
class Sentence:
    """One sentence."""

    text: str
    label: int | None
    """0 bad, 1 good, None neither."""
    frame: Frame


def draw(count: int, part: Part, words: PolarWords, seed: int) -> list[Sentence]:
    """``count`` sentences of the frames of ``part``, whole or behind or before a neutral one; ``seed`` decides all.

    ``words`` are those to draw from: give :meth:`PolarWords.part` of them.
    """
    generator = np.random.default_rng([seed, 0x5E27])
    kinds = generator.choice(list(SHARES), size=count, p=list(SHARES.values()))
    sentences = [_drawn(frame_of_kind(part, kind, generator), words, generator) for kind in kinds.tolist()]
    neutral = _by_kind(part)["neutral"]
    return [_beside(sentence, neutral, generator) for sentence in sentences]


def frame_of_kind(part: Part, kind: Kind, generator: np.random.Generator) -> Frame:
    """Any frame of the kind, each as likely."""
    frames = _by_kind(part)[kind]
    return frames[int(generator.integers(len(frames)))]


def filled(frame: Frame, label: int, words: PolarWords, generator: np.random.Generator) -> str:
    """The frame with words and topics drawn for it: lower case, no full stop."""
    topics = iter(generator.permutation(len(TOPICS)).tolist())
    named: dict[str, str] = {}
    taken: set[str] = set()

    def fill(slot: re.Match[str]) -> str:
        name = slot[1]
        if name in "TU":
            return named.setdefault(name, TOPICS[next(topics)])
        fitting = [word for word in words.by_label[label if name == "+" else 1 - label] if word not in taken]
        word = fitting[int(generator.integers(len(fitting)))]
        taken.add(word)
        return word

    return _ARTICLE.sub("an ", _SLOT.sub(fill, frame.pattern))


def _drawn(frame: Frame, words: PolarWords, generator: np.random.Generator) -> Sentence:
    label = None if frame.kind == "neutral" else int(generator.integers(2))
    text = filled(frame, label or 0, words, generator)
    return Sentence(text + str(generator.choice(_ENDS, p=_ENDS_SHARES)), label, frame)


def _beside(sentence: Sentence, neutral: Sequence[Frame], generator: np.random.Generator) -> Sentence:
    if generator.random() >= BESIDE:
        return sentence
    other = filled(neutral[int(generator.integers(len(neutral)))], 0, PolarWords(((), ())), generator) + "."
    own = sentence.text if sentence.text.endswith((".", "!")) else f"{sentence.text}."
    text = f"{other} {own}" if generator.random() < 0.5 else f"{own} {other}"
    return Sentence(text, sentence.label, sentence.frame)


@cache
def _by_kind(part: Part) -> dict[Kind, tuple[Frame, ...]]:
    return {kind: tuple(frame for frame in frames_of(part) if frame.kind == kind) for kind in SHARES}
