"""The ``mini`` corpus: English sentences about films, made by a seeded generator, small enough to learn in seconds.

A review is one or two sentences that tell its label, in up to about 100 words of sentences that do not. Of the first,

- nearly half are *plain*: their words tell the label;
- the others need their order: a *negated* word of the other label ("not a dull film"), a *contrast* in which the main
  clause tells ("although the plot is dull, the acting is superb"; "the acting is superb, but the plot is dull and I
  left early"), or an *order* of two words ("dull, not superb" and "superb, not dull").

Each frame serves both labels equally often, so that no frame and no neutral word tells anything; a text's label
depends on words and their order alone. No frame is used in two splits, so a test score is one on unseen sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, count
from random import Random
from typing import TypeVar

from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.mini_frames import (
    CONTRASTED,
    NEGATED,
    NEUTRAL,
    ORDERED,
    PLAIN,
    SplitName,
    frames_of,
)
from tallygate.train.corpora.mini_words import LABELLED_SLOTS, SLOTS

Chosen = TypeVar("Chosen")
LABELS = ("negative", "positive")
KIND_SHARES = ((PLAIN, 45), (NEGATED, 20), (CONTRASTED, 17), (ORDERED, 18))
"""Percent of the cues by kind."""
SECOND_CUE_SHARE = 0.2
SHORT_SHARE = 0.5
LONGEST_PADDING = 95
"""Words of neutral sentences after which no other is added."""

_SLOT = re.compile(r"\{([+-]?)(\w+)\}")
_ARTICLE = re.compile(r"\ba (?=[aeiou]|honest)", re.IGNORECASE)


def mini_corpus(seed: int = 0, train: int = 3000, validation: int = 500, test: int = 500) -> Corpus:
    """Make the corpus; the same arguments give the same texts on every machine."""
    return assemble(
        "mini",
        train=_split("train", train, seed),
        validation=_split("validation", validation, seed),
        test=_split("test", test, seed),
        facts={"source": f"generated, seed {seed}", "splits": "no sentence frame in two"},
    )


def review_sentences(seed: int) -> Iterator[str]:
    """Yield reviews without end, from all frames, of both labels in turn."""
    writer = _Writer(Random(f"tallygate sentences {seed}"), None)
    for number in count():
        yield writer.review(number % 2)


def _split(split: SplitName, size: int, seed: int) -> Split:
    writer = _Writer(Random(f"tallygate mini {split} {seed}"), split)
    texts: dict[str, int] = {}
    while len(texts) < size:
        label = len(texts) % 2
        texts.setdefault(writer.review(label), label)
    labels = [LABELS[label] for label in texts.values()]
    return Split(list(texts), labels, [f"mini/{split}/{number}" for number in range(size)])


class _Writer:
    """Writes reviews from the frames of one split."""

    def __init__(self, random: Random, split: SplitName | None) -> None:
        self._random = random
        bounds = accumulate(share for _, share in KIND_SHARES)
        self._kinds = [(bound, _patterns(kind, split)) for bound, (kind, _) in zip(bounds, KIND_SHARES, strict=True)]
        self._neutral = _patterns(NEUTRAL, split)

    def review(self, label: int) -> str:
        cues = [self._cue(label) for _ in range(2 if self._random.random() < SECOND_CUE_SHARE else 1)]
        before, after = self._padding()
        return " ".join(map(_finished, [*before, *cues, *after]))

    def _cue(self, label: int) -> str:
        draw = 100 * self._random.random()
        patterns = next(patterns for bound, patterns in self._kinds if draw < bound)
        return self._filled(self._choice(self._choice(patterns)), label)

    def _padding(self) -> tuple[list[str], list[str]]:
        if self._random.random() < SHORT_SHARE:
            return [], []
        wanted = self._random.random() * LONGEST_PADDING
        sentences: list[str] = []
        while sum(sentence.count(" ") + 1 for sentence in sentences) < wanted:
            sentences.append(self._filled(self._choice(self._choice(self._neutral)), 0))
        # Half of the reviews tell their label at the very beginning, as far from the end as can be.
        before = 0 if self._random.random() < 0.5 else int(self._random.random() * (len(sentences) + 1))
        return sentences[:before], sentences[before:]

    def _filled(self, frame: str, label: int) -> str:
        used: set[str] = set()

        def word(slot: re.Match[str]) -> str:
            sign, name = slot.groups()
            words = LABELLED_SLOTS[name][label if sign == "+" else 1 - label] if sign else SLOTS[name]
            chosen = self._choice(words)
            while chosen in used and not used.issuperset(words):
                chosen = self._choice(words)
            used.add(chosen)
            return chosen

        return _SLOT.sub(word, frame)

    def _choice(self, words: Sequence[Chosen]) -> Chosen:
        # `random()` is the one method whose numbers Python promises to keep.
        return words[int(self._random.random() * len(words))]


def _patterns(kind: Sequence[str], split: SplitName | None) -> list[list[str]]:
    return [frames for pattern in kind if (frames := frames_of(pattern, split))]


def _finished(sentence: str) -> str:
    sentence = re.sub(r"\bi\b", "I", _ARTICLE.sub("an ", sentence))
    return f"{sentence[0].upper()}{sentence[1:].rstrip()}."
