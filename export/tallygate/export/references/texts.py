"""Texts of our own writing for the goldens: the hard cases by name, and ordinary ones of chosen lengths.

No character is newer than Unicode 9, so every Unicode table reads these texts alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from tallygate.runtime.text import Splitter
from tallygate.train.corpora import review_sentences

EMPTY = (
    "",
    " ",
    "\n",
    "\t \r\n",
    "!!!",
    "... ?! --",
    "<br />",
    "<br><BR/><Br />",
    "'",
    "\u2019 ' \u2019",
    "\u200b",
    "\ufeff",
    "\x00",
)
"""No token at all: each becomes one unknown token."""
ONE_TOKEN = ("Film", "GOOD", "bad!", "a", "I", "7", "\u00e9", "\u4e2d", "it's", "  dull  ", "'twas'", "x" * 500)
UNKNOWN = ("qzxv", "qzxv wkjp zzyzx", "xqj-vvz/kkq " * 8, "Zyxqv " * 40)
"""Words that no vocabulary holds."""
MARKUP = (
    "A fine film.<br /><br />I liked it.",
    "Not good<br>not bad<BR/>not there<bR />at all",
    "one<br>two<br/>three<br />four",
    "<br >is no break, <b>nor</b> is <i>this</i>, nor <br  />",
    "a<b r>c &amp; d &lt;br&gt; e",
    "<br/<br>>nested<br /<br />",
    "http://example.org/a?b=c&d=e#f or me@example.org",
)
APOSTROPHES = (
    "I don't, can't, won't and shouldn't've",
    "I don\u2019t, can\u2019t, won\u2019t and shouldn\u2019t\u2019ve",
    "'quoted' ''twice'' 'n' rock'n'roll o''clock",
    "the actors' best, the actor's worst, '90s and 1990's",
    "don'<br>t don'! t don't' 't",
    "d\u2018accord \u2018single\u2019 \u201cdouble\u201d \u02bcmodifier\u02bc",
)
PUNCTUATION = (
    'Wonderful!!! Really?! Yes... (no; well: maybe), "quote" - dash \u2014 em-dash * star / slash',
    "well-made/well-acted;dull:long,slow.bad?good!",
    "10/10, 7.5 out of 10, $1,000,000 and 100% of it",
    "C++ & C# @ home #1 ~ ^ ` | \\ { } [ ] < > = + _ snake_case",
    "\u00a1a \u00bfb \u00abc\u00bb \u201ed\u201d \u2026e \u2013f \u2022g \u00b7h \u00b0i",
    "\u20acj \u00a3k \u00a7l \u00a9m \u3001n \uff01o \uff1fp \u300cq\u300d \u061fr \u060cs",
    "[UNK] [PAD] [CLS] <unk> <pad> [unk] [pad]",
)
UNICODE = (
    "Ein sch\u00f6ner Film, wei\u00df Gott, STRASSE und Stra\u00dfe",
    "un tr\u00e8s beau film, d\u00e9j\u00e0 vu, na\u00efve c\u0153ur",
    "e\u0301tude cafe\u0301 nai\u0308ve A\u030angstro\u0308m \u212bngstr\u00f6m",
    "\u0130stanbul I\u0307 \u0131l\u0131k DI\u015eI",
    "\u039f\u0394\u039f\u03a3 \u03a3\u0391\u03a3 \u03c3\u03b1\u03c2 \u03a3",
    "\u0424\u0438\u043b\u044c\u043c \u0445\u043e\u0440\u043e\u0448, \u041d\u041e \u0434\u043e\u043b\u043e\u0433",
    "\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1 \u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
    "\u0641\u064a\u0644\u0645 \u062c\u064a\u0651\u062f \u0664\u0665\u0666",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u092b\u093c\u093f\u0932\u094d\u092e \u0967\u0968\u0969",
    "\u0e20\u0e32\u0e1e\u0e22\u0e19\u0e15\u0e23\u0e4c\u0e14\u0e35\u0e21\u0e32\u0e01",
    "\u3053\u306e\u6620\u753b\u306f\u7d20\u6674\u3089\u3057\u3044\u3002\uff21\uff22\uff23 \uff76\uff9e",
    "\uc601\ud654 \u1112\u1161\u11ab\u1100\u1173\u11af \u3131",
    "\U0001d49c\U0001d4b7 \U00010330\U00010331 \U00020000\U0002a6d6 \U0001f600\U0001f44d",
    "\u2167 \u00bd \u00b2 \u2460 \u3007 \u09f4",
    "zero\u200bwidth\u200djoin\u00adsoft\u2060word\u00a0nbsp\u3000wide\u0085nel\u2028line",
    "a\u0323\u0301 a\u0301\u0323 \u1ea1\u0301 q\u0307\u0323 q\u0323\u0307",
    "\ufb01lm \u01c4 \u01c5 \u1e9e \u0149 \u03d2\u0301",
    "\u202eright to left\u202c \ufffd \ue000 \U0010ffff",
)
_LENGTHS = (*range(1, 25), *range(26, 60, 2), *range(60, 130, 10))
_LONGEST = 2


def hard_texts() -> list[str]:
    """The hard cases, each once."""
    return [*EMPTY, *ONE_TOKEN, *UNKNOWN, *MARKUP, *APOSTROPHES, *PUNCTUATION, *UNICODE]


def ordinary_texts(seed: int, max_length: int, splitter: Splitter) -> list[str]:
    """Reviews of all short lengths, of some long ones, and a few that are longer than ``max_length`` tokens."""
    writer = _Writer(seed, splitter)
    long = [max_length // 2, max_length - 1, max_length, max_length + 1, max_length + 9]
    wanted = [length for length in (*_LENGTHS, *_LENGTHS[::2]) if length < max_length]
    return [writer.text(length) for length in (*wanted, *(length for length in long if length > 0))]


class _Writer:
    """Joins the sentences of one endless stream to texts of a wanted length."""

    def __init__(self, seed: int, splitter: Splitter) -> None:
        self._words = self._stream(seed)
        self._splitter = splitter

    def text(self, length: int) -> str:
        """A text of at least ``length`` tokens, no longer than the last word makes it."""
        words: list[str] = []
        tokens = 0
        while tokens < length:
            words.append(next(self._words))
            tokens += len(self._splitter.split(words[-1]))
        return " ".join(words)

    @staticmethod
    def _stream(seed: int) -> Iterator[str]:
        for sentence in review_sentences(seed):
            yield from sentence.split()
