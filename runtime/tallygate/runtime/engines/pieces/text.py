"""The text contract for a text that comes in pieces: what a piece's end cuts is waited for.

Three things may be cut: a character's bytes, a line break (``<br />``), and a place: a character with the marks that
join it, which is composed when the first character comes that does not. Nothing joins white space, so a word ends with
the space behind it. What is waited for is bounded, and depends on the text alone, never on where it was cut.

Written character by character, since it specifies what the C core does (``stream_text.c``, the same names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tallygate.runtime.text import UNKNOWN
from tallygate.runtime.unicode import DECOMPOSES, JOINS, WORD, compose, unicode_tables

BEGINNINGS = ("", "<", "<b", "<br", "<br ", "<br /", "<br/")
"""What may become a line break; a tag is a place in this list."""
_LONG_SOLIDUS = 0x338
"""The only joining character that makes another separator of one, so the last place of a full row is its."""
_PLACE_BEYOND = 16


@dataclass
class WaitedFor:
    """What a stream has read and not yet made ids of."""

    word: bytes = b""
    is_long: bool = False
    """The word is longer than all that the vocabulary has, so it is unknown."""
    apostrophe: bool = False
    """One stands behind the word."""
    place: list[int] = field(default_factory=list)
    """Code points, folded: the next one may still join them."""
    overflow: bool = False
    """More joined than the place holds."""
    tag: int = 0
    bytes: bytes = b""
    """Of a character whose other bytes have not come."""


class PieceReader:
    """Makes ids of pieces of UTF-8. Holds what is the model's; what is a stream's is a :class:`WaitedFor`."""

    def __init__(self, words: Mapping[str, int], punctuation: str) -> None:
        """``words`` and kept marks with their rows of the embedding."""
        self._rows = {word.encode("utf-8"): row for word, row in words.items()}
        self._marks = {mark: words.get(mark, UNKNOWN) for mark in punctuation}
        self.longest_word = max(map(len, self._rows), default=0)
        """Bytes."""
        self.room = 2 * (self.longest_word + _PLACE_BEYOND)
        """Characters of a place; composing at most halves them, so a longer one is unknown."""

    def read(self, waited: WaitedFor, piece: bytes) -> list[int]:
        """The ids that have ended; ``waited`` moves on. Raises :class:`UnicodeDecodeError` before anything is read."""
        text, waited.bytes = decoded(waited.bytes + piece)
        ids: list[int] = []
        for character in text:
            self._character(waited, character, ids)
        return ids

    def end(self, waited: WaitedFor) -> list[int]:
        """The ids of what is waited for, as if the text ended here; ``waited`` stays as it is."""
        ids: list[int] = []
        last = replace(waited, place=list(waited.place))
        self._close_place(last, ids)
        for character in BEGINNINGS[last.tag]:
            self._composed(last, character, ids)
        self._end_word(last, ids)
        return ids

    def _character(self, waited: WaitedFor, character: str, ids: list[int]) -> None:
        if waited.tag:
            beginning = BEGINNINGS[waited.tag]
            longer = beginning + (character.lower() if character in "BR" else character)
            if longer in ("<br>", "<br/>", "<br />"):
                waited.tag = 0
                self._close_place(waited, ids)
                self._end_word(waited, ids)
                return
            waited.tag = BEGINNINGS.index(longer) if longer in BEGINNINGS else 0
            if waited.tag:
                return
            for each in beginning:
                self._plain(waited, each, ids)
        if character == "<":
            waited.tag = 1
        else:
            self._plain(waited, character, ids)

    def _plain(self, waited: WaitedFor, character: str, ids: list[int]) -> None:
        """A character that is in no line break."""
        folded = list(map(ord, unicode_tables().translation.get(ord(character), character)))
        if waited.place and ord(character) >= 0x80 and unicode_tables().classes[folded[0]] & JOINS:
            self._join(waited, folded[0])
            return
        self._close_place(waited, ids)
        if character <= " ":
            self._composed(waited, character, ids)
        else:
            waited.place = folded

    def _join(self, waited: WaitedFor, codepoint: int) -> None:
        if len(waited.place) < self.room:
            waited.place.append(codepoint)
            return
        waited.overflow = True
        if codepoint == _LONG_SOLIDUS:
            waited.place[-1] = codepoint

    def _close_place(self, waited: WaitedFor, ids: list[int]) -> None:
        place, waited.place = waited.place, []
        if not place:
            return
        text = "".join(map(chr, place))
        if len(place) > 1 or unicode_tables().classes[place[0]] & (DECOMPOSES | JOINS):
            text = compose(text)
        for character in text:
            self._composed(waited, character, ids)
        if waited.overflow:
            waited.word, waited.is_long, waited.overflow = b"", True, False

    def _composed(self, waited: WaitedFor, character: str, ids: list[int]) -> None:
        """One character in NFC."""
        if character not in self._marks and unicode_tables().classes[ord(character)] & WORD:
            self._append(waited, "'" * waited.apostrophe + character)
            waited.apostrophe = False
        elif character == "'" and (waited.word or waited.is_long) and not waited.apostrophe:
            waited.apostrophe = True
        else:
            self._end_word(waited, ids)
            if character in self._marks:
                ids.append(self._marks[character])

    def _append(self, waited: WaitedFor, characters: str) -> None:
        waited.word += characters.encode("utf-8")
        waited.is_long = waited.is_long or len(waited.word) > self.longest_word
        if waited.is_long:
            waited.word = b""

    def _end_word(self, waited: WaitedFor, ids: list[int]) -> None:
        if waited.word or waited.is_long:
            ids.append(self._rows.get(waited.word, UNKNOWN))
        waited.word, waited.is_long, waited.apostrophe = b"", False, False


def decoded(data: bytes) -> tuple[str, bytes]:
    """The characters of ``data``, and the bytes of one at its end whose others have not come.

    Raises :class:`UnicodeDecodeError` for what is not UTF-8, and cannot become it.
    """
    from codecs import utf_8_decode

    text, read = utf_8_decode(data, "strict", False)
    return text, data[read:]
