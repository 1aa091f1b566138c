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


class Vocabulary:
    """Words and their rows. Several words may share a row; rows 0 and 1 are implicit."""

    def __init__(self, rows: Mapping[str, int], size: int) -> None:
        """``size`` counts the rows of the embedding, padding and unknown included."""
        wrong = next((word for word, row in rows.items() if not FIRST_WORD <= row < size), None)
        if wrong is not None:
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
            pairs = [line.split("\t") for line in data.decode("utf-8").split("\n") if line]
            rows = {word: int(row) for word, row in pairs}
            if len(rows) != len(pairs):
                raise ValueError("a word stands twice")
            return cls(rows, size)
        except ValueError as error:
            raise BundleInvalidError(source, f"is not a vocabulary ({error})", "get the bundle again") from error
