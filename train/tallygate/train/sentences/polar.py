"""Words that say good or bad: found in labelled texts, and common ones that reviews hide."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tallygate.runtime.text import Splitter
from tallygate.train.sentences.frames import Part

_GOOD = """
good great nice fine funny original clever smart interesting exciting entertaining gripping fresh warm lovely delightful
superb lively thoughtful convincing
"""
_BAD = """
bad slow boring silly dull weak poor messy noisy clumsy sloppy ugly stale hollow empty tired cheap flat lifeless
confusing
"""
GOOD, BAD = _GOOD.split(), _BAD.split()
"""In whole reviews words like these stand with either label, so that labels alone teach little of them."""

INTENSIFIERS = frozenset(("very", "so", "really", "pretty", "quite", "rather"))
"""What stands before a word that can be had by degrees; it finds adjectives without a list of them."""
MOST = 40
"""Words found per label."""
_TEXTS, _INTENSIFIED, _SHARE, _RATIO = 60, 12, 0.05, 0.9
"""A word is found if it stands in so many texts, so often behind an intensifier, that in such a share of its texts, and
the logarithm of its shares among the two labels' texts (naive Bayes) differs by so much."""


@dataclass(frozen=True)
class PolarWords:
    """Words of the first label (bad) and of the second (good)."""

    by_label: tuple[tuple[str, ...], tuple[str, ...]]

    def part(self, part: Part) -> PolarWords:
        """Two thirds of the words, which training reads, or the third that it never does. The word alone decides."""
        bad, good = (tuple(w for w in words if is_held_out(w) == (part == "held_out")) for words in self.by_label)
        return PolarWords((bad, good))


COMMON = PolarWords((tuple(BAD), tuple(GOOD)))


def is_held_out(word: str) -> bool:
    """Whether training never reads the word in a sentence of ours."""
    return zlib.crc32(word.encode("utf-8")) % 3 == 0


def polar_words(texts: Iterable[str], targets: Sequence[int], splitter: Splitter) -> PolarWords:
    """The common words, and those that tell the labels 0 (bad) and 1 (good) of ``texts`` apart."""
    in_texts, intensified, totals = (Counter[str](), Counter[str]()), Counter[str](), [0, 0]
    for text, target in zip(texts, targets, strict=True):
        words = splitter.split(text)
        totals[target] += 1
        in_texts[target].update(set(words))
        intensified.update(word for before, word in pairwise(words) if before in INTENSIFIERS)
    ratios = {
        word: _log_ratio(word, in_texts, totals)
        for word, count in sorted(intensified.items())
        if _is_candidate(word, count, in_texts[0][word] + in_texts[1][word])
    }
    found = sorted(
        (word for word in ratios if abs(ratios[word]) >= _RATIO), key=lambda word: (-abs(ratios[word]), word)
    )
    bad, good = ([w for w in found if (ratios[w] > 0) == is_good][:MOST] for is_good in (False, True))
    return PolarWords((_joined(BAD, bad, GOOD), _joined(GOOD, good, BAD)))


def _is_candidate(word: str, intensified: int, texts: int) -> bool:
    is_adjective = intensified >= max(_INTENSIFIED, _SHARE * texts) and not word.endswith("ly")
    return texts >= _TEXTS and is_adjective and word.isalpha()


def _log_ratio(word: str, in_texts: Sequence[Counter[str]], totals: Sequence[int]) -> float:
    bad, good = ((counts[word] + 1) / (total + 2) for counts, total in zip(in_texts, totals, strict=True))
    return math.log(good / bad)


def _joined(common: Sequence[str], found: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*common, *(word for word in found if word not in others)]))
