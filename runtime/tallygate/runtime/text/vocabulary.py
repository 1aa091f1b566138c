"""The vocabulary: which row of the embedding a word has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tallygate.runtime.errors import BundleInvalidError

PADDING = 0
"""Row of padding; no text contains it."""
UNKNOWN = 1
"""Row of every word that the vocabulary does not hold."""
FIRST_WORD = 2
"""First row that words can have."""
_BUT_SEPARATORS = bytes(set(range(256)) - set(b"\t\n"))


class Vocabulary:
    """Words and their rows. Several words may share a row; rows 0 and 1 are implicit."""

    def __init__(self, rows: Mapping[str, int], size: int) -> None:
        """``size`` counts the rows of the embedding, padding and unknown included."""
        if rows and not (min(rows.values()) >= FIRST_WORD and max(rows.values()) < size):
            wrong = next(word for word, row in rows.items() if not FIRST_WORD <= row < size)
            raise ValueError(f"word {wrong!r} has row {rows[wrong]}, outside {FIRST_WORD} to {size - 1}")
        self.rows: Mapping[str, int] = MappingProxyType(dict(rows))
        self.size = size

    def __len__(self) -> int:
        """Number of words."""
        return len(self.rows)

    def to_bytes(self) -> bytes:
        """``vocabulary.txt``: one ``word<TAB>row`` per line, LF, by row and then by word."""
        pairs = sorted(self.rows.items(), key=lambda pair: (pair[1], pair[0]))
        return "".join(f"{word}\t{row}\n" for word, row in pairs).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes, size: int, source: object) -> Vocabulary:
        """Read ``vocabulary.txt``; ``source`` names it in errors.

        Raises :class:`BundleInvalidError` for broken UTF-8, a line that is no ``word<TAB>row``, a word that stands
        twice, or a row outside 2 to ``size - 1``.
        """
        try:
            count = data.count(b"\n")
            if data.translate(None, _BUT_SEPARATORS) != b"\t\n" * count or data[-1:] not in (b"", b"\n"):
                raise ValueError("a line is not a word, a tab and a row")
            fields = data.decode("utf-8").replace("\n", "\t").split("\t")
            digits = "".join(fields[1::2])
            # int() also takes signs, spaces, underscores and the digits of every script, which other readers do not.
            if digits and not (digits.isascii() and digits.isdigit()):
                raise ValueError("a row is not a number of plain digits")
            rows = dict(zip(fields[:-1:2], map(int, fields[1::2]), strict=True))
            if len(rows) != count:
                raise ValueError("a word stands twice")
            return cls(rows, size)
        except ValueError as error:
            raise BundleInvalidError(source, f"is not a vocabulary ({error})", "get the bundle again") from error
