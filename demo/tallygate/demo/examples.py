"""Texts to try: of our own writing for a model of film reviews, else the bundle's own or those of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tallygate.demo.limits import TEXT_CHARACTERS
from tallygate.runtime.bundle import Bundle, Golden
from tallygate.runtime.errors import InputError
from tallygate.runtime.prediction import label_indices, probabilities_from_logits
from tallygate.runtime.records import check_ends
from tallygate.runtime.terminal import printable
from tallygate.runtime.text import FIRST_WORD

WARM = (
    "I went in expecting nothing and came out smiling. The story is simple, the acting is wonderful, "
    "and the last scene is one of the most moving I have seen in years."
)
COLD = (
    "What a waste of an evening. The plot makes no sense, the dialogue is awful, and after an hour I was "
    "so bored that I counted the lamps on the ceiling."
)
TURN = (
    "The first half is dull and the jokes are terrible. But then the film finds its heart, "
    "and by the end I loved every minute of it. A great surprise."
)
NEGATION = "Not bad at all. I cannot say that I was bored, and nobody in our row wanted to leave."
STRANGE = "A zorbly flimptastic quaddle of a film, utterly wonderful in spite of its blarfish grommeting."
LONG = (
    "A terrible, boring, awful beginning. "
    + "We sat in the third row and my sister had brought some oranges. " * 60
    + "And then the ending was simply perfect, a beautiful and touching scene."
)

FILM_DATA = ("imdb", "mini")
"""Training data about films."""
MOST = 8
"""Examples that a page offers."""
NAME = 42
"""Characters of a text that stand on its button."""
_LENGTHS = (3, 16)
"""Tokens of a golden that makes an example: long enough to say something, short enough to be read on a button."""


@dataclass(frozen=True)
class Examples:
    """What a page offers to try, and what it calls the texts that it reads."""

    texts: dict[str, str]
    """Name -> text, never empty; the first one is read when the page is opened."""
    pasted: str
    """A list for the comparison of copies, one text per line."""
    noun: str
    """What one text is called."""
    invitation: str
    """One sentence above the box, up to "or take an example"."""
    short: tuple[str, str]
    """Two texts for a program of a few lines."""

    @property
    def first(self) -> str:
        """The text that is read when the page is opened."""
        return next(iter(self.texts.values()))


EXAMPLES = {
    "Warm praise": WARM,
    "Cold anger": COLD,
    "A change of heart": TURN,
    "Not bad at all": NEGATION,
    "Unknown words": STRANGE,
    "Too long to read": LONG,
}
"""Name -> text, about films."""
FILMS = Examples(
    EXAMPLES,
    "\n".join([WARM, COLD, TURN, NEGATION, "It was a film."]),
    "Review",
    "Write what you think of a film",
    ("A wonderful film", "A dull one"),
)


def examples_of(bundle: Bundle) -> Examples:
    """Examples that fit the bundle."""
    if bundle.manifest.training.data in FILM_DATA:
        return FILMS
    return _plain(_telling_goldens(bundle) or ["?"])


def examples_in(file: str | Path, texts: Iterator[str]) -> Examples:
    """The first of ``texts``, which are read from ``file`` as they are asked for.

    Raises :class:`InputError` where ``file`` is none that ends by itself, holds no text, or too long a one.
    """
    check_ends(file)
    return _plain(_first_texts(Path(file), texts))


def _plain(texts: Sequence[str]) -> Examples:
    lines = "\n".join(" ".join(text.split()) for text in texts)
    short = sorted(texts, key=len)
    return Examples({_name(t): t for t in texts}, lines, "Text", "Write a text", (short[0], short[len(short) > 1]))


def _name(text: str) -> str:
    line = printable(text).strip()
    return line if len(line) <= NAME else f"{line[: NAME - 1].rstrip()}…"


def _first_texts(path: Path, given: Iterator[str]) -> list[str]:
    texts = []
    for text in given:
        if not text.strip():
            continue
        if len(text) > TEXT_CHARACTERS:
            raise InputError(path, f"holds a text of more than {TEXT_CHARACTERS:,} characters", "shorten it")
        texts.append(text)
        if len(texts) == MOST:
            break
    if not texts:
        raise InputError(path, "holds no text to try", "write one per line")
    return texts


def _telling_goldens(bundle: Bundle) -> list[str]:
    """Texts that the model is sure of, taken in turn from its labels, so that as many as can be are shown.

    Goldens are there to prove copies, so most are strange on purpose: those of known words in lower case, each once,
    are left.
    """
    goldens = [golden for golden in bundle.goldens() if _is_readable(golden)]
    if not goldens:
        return []
    logits = np.array([golden.logits for golden in goldens], np.float32)
    temperatures = bundle.manifest.temperatures.of([len(golden.ids) for golden in goldens])
    probabilities = probabilities_from_logits(logits, temperatures).max(axis=1)
    by_label: dict[int, list[str]] = {}
    labels = label_indices(logits).tolist()
    for index in np.argsort(-probabilities, kind="stable").tolist():
        by_label.setdefault(labels[index], []).append(goldens[index].text.strip())
    return list(dict.fromkeys(_in_turn(list(by_label.values()))))[:MOST]


def _is_readable(golden: Golden) -> bool:
    known = all(row >= FIRST_WORD for row in golden.ids) and len(set(golden.ids)) == len(golden.ids)
    plain = golden.text.isprintable() and golden.text == golden.text.lower()
    return known and plain and _LENGTHS[0] <= len(golden.ids) <= _LENGTHS[1]


def _in_turn(lists: Sequence[Sequence[str]]) -> Iterator[str]:
    for place in range(max(map(len, lists))):
        yield from (texts[place] for texts in lists if place < len(texts))
