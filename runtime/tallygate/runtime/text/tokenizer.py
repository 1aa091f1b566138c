"""The text contract: from a text to the ids of its words, the same on every engine and in every language.

1. An HTML line break (``<br>``, ``<br/>``, ``<br />``, in any case) becomes a space.
2. Lower case character by character (no rule looks at a neighbour, so the final sigma is an ordinary one), then NFC.
3. U+2019 becomes an apostrophe.
4. A word is a run of letters, marks and digits (Unicode L, M, N); single apostrophes may stand inside it.
   Each punctuation mark that the contract keeps is a token of its own. Everything else separates.
5. At most ``max_length`` tokens, from the end that the contract keeps. No token at all: one unknown token.

What is upper case, a letter, or composes is asked of the interpreter's own Unicode in version 1, and of stored tables
in version 2, whose ids are therefore the same on every Python, in C and in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Final, Literal
from unicodedata import category

import msgspec

from tallygate.runtime.text.composition import nfc
from tallygate.runtime.text.vocabulary import UNKNOWN, Vocabulary
from tallygate.runtime.unicode import WORD, compose, unicode_tables

TEXT_VERSION: Final = 2
"""Version of the contract that new models, device images and the C core read by."""
_CUT = re.compile(r"[ \n]")
_FEW = 256
"""Different characters up to which replacing each is faster than translating all."""
_OUTER_APOSTROPHE = re.compile(r"'(?:(?<![^\s']')|(?![^\s']))")


class TextContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle promises about its text."""

    max_length: int
    """Longest text, in tokens."""
    keep: Literal["first", "last"] = "last"
    """Which end of a longer text is kept."""
    punctuation: str = ""
    """Each character is a mark that is kept as a token of its own."""
    version: Literal[1, 2] = 1
    """Version of the rules above: 1 reads by the interpreter's Unicode tables, 2 by the stored ones."""

    def __post_init__(self) -> None:
        if self.max_length < 1:
            raise ValueError(f"max_length {self.max_length} must be at least 1")
        if any(mark == "'" or mark.isspace() or _is_word_character(mark) for mark in self.punctuation):
            raise ValueError(f"punctuation {self.punctuation!r} must hold marks only, and no apostrophe")


class _SeparatorTable(dict[int, str]):
    """For ``str.translate``: keeps word characters, apostrophes and the kept marks; all else becomes a space."""

    def __init__(self, punctuation: str, is_word_character: Callable[[str], bool]) -> None:
        self._kept = frozenset(punctuation) | {"'"}
        self._is_word_character = is_word_character

    def __missing__(self, codepoint: int) -> str:
        character = chr(codepoint)
        kept = character in self._kept or self._is_word_character(character)
        self[codepoint] = result = character if kept else " "
        return result

    def separate(self, text: str) -> str:
        """``text.translate(self)``, which Python does at full speed for ASCII only; so others replace by character."""
        characters = set() if text.isascii() else set(text)
        if not 0 < len(characters) <= _FEW:
            return text.translate(self)
        for character in characters:
            if self[ord(character)] == " ":
                text = text.replace(character, " ")
        return text


class Splitter:
    """Splits texts into tokens. Not bound to a vocabulary, so training counts words with it."""

    def __init__(self, punctuation: str = "", version: Literal[1, 2] = 1) -> None:
        self._punctuation = punctuation
        self._normalize = _normalize if version == 1 else _normalize_by_tables
        self._separators = _SeparatorTable(punctuation, _is_word_character if version == 1 else _is_word_by_tables)

    def split(self, text: str) -> list[str]:
        """All tokens of ``text``, in order."""
        text = self._separators.separate(self._normalize(text))
        for mark in self._punctuation:
            text = text.replace(mark, f" {mark} ")
        if "'" in text:
            text = _OUTER_APOSTROPHE.sub(" ", text)
        return text.split()


def split_words(text: str, punctuation: str = "") -> list[str]:
    """All tokens of one text. For many texts, keep one :class:`Splitter`."""
    return Splitter(punctuation).split(text)


class Tokenizer:
    """Text to ids. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary, contract: TextContract) -> None:
        self.vocabulary = vocabulary
        self.contract = contract
        self._splitter = Splitter(contract.punctuation, contract.version)
        # A dict's own method: through the vocabulary's read-only view, every word costs half as much again.
        self._row_of = dict(vocabulary.rows).get
        self._piece = 16 * contract.max_length + 1024

    def tokens(self, text: str) -> list[str]:
        """The tokens of ``text`` that the contract keeps: at most ``max_length``, none for an empty text."""
        length, last = self.contract.max_length, self.contract.keep == "last"
        is_short = len(text) <= 2 * self._piece
        tokens = self._splitter.split(text) if is_short else self._tokens_of_long_text(text)
        return tokens[-length:] if last else tokens[:length]

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``: at least one, at most ``max_length``."""
        return list(map(self._row_of, self.tokens(text), repeat(UNKNOWN))) or [UNKNOWN]

    def _tokens_of_long_text(self, text: str) -> list[str]:
        """Reads only as much of the kept end as it needs, so a text of any length costs bounded memory."""
        tokens: list[str] = []
        for piece in _pieces(text, self._piece, self.contract.keep):
            words = self._splitter.split(piece)
            tokens = words + tokens if self.contract.keep == "last" else tokens + words
            if len(tokens) >= self.contract.max_length:
                break
        return tokens


def _normalize(text: str) -> str:
    # The capital sigma is the only character whose str.lower() looks at its neighbours.
    text = text.lower() if text.isascii() else text.replace("Σ", "σ").lower()
    text = _without_line_breaks(text)
    return text if text.isascii() else nfc(text).replace("\u2019", "'")


def _normalize_by_tables(text: str) -> str:
    if text.isascii():
        return _without_line_breaks(text.lower())
    # A fold is the lower case and, where that is one character, its NFC; U+2019 folds as well.
    return compose(_without_line_breaks(text.translate(unicode_tables().translation)))


def _without_line_breaks(text: str) -> str:
    # Only B and R lower to b and r, so line breaks can be found after lowering, where a plain replace finds them.
    if "<br" in text:
        text = text.replace("<br />", " ").replace("<br/>", " ").replace("<br>", " ")
    return text


def _is_word_by_tables(character: str) -> bool:
    return bool(unicode_tables().classes[ord(character)] & WORD)


def _is_word_character(character: str) -> bool:
    return category(character)[0] in "LMN"


def _pieces(text: str, size: int, keep: Literal["first", "last"]) -> Iterator[str]:
    """Cut ``text`` at white space into pieces of at least ``size`` characters, from the end that is kept."""
    start, end = 0, len(text)
    while start < end:
        if keep == "first":
            cut = _boundary_after(text, start + size, end)
            yield text[start:cut]
            start = cut
        else:
            cut = _boundary_before(text, start, end - size)
            yield text[cut:end]
            end = cut


def _boundary_after(text: str, position: int, end: int) -> int:
    """First cut at or after ``position`` that no rule looks across: before a space or line end, not in ``<br />``."""
    for mark in _CUT.finditer(text, min(position, end)):
        if not _is_in_line_break(text, mark.start()):
            return mark.start()
    return end


def _boundary_before(text: str, start: int, position: int) -> int:
    """Last such cut before ``position``, or ``start``.

    Each of the two marks is looked for before the last one found, so a text of many that are no cuts is read once.
    """
    space = line_end = position = max(position, start)
    while position > start:
        if space >= position:
            space = text.rfind(" ", start, position)
        if line_end >= position:
            line_end = text.rfind("\n", start, position)
        position = max(space, line_end)
        if position > start and not _is_in_line_break(text, position):
            return position
    return start


def _is_in_line_break(text: str, position: int) -> bool:
    return text[max(position - 3, 0) : position].lower() == "<br"
