"""What one visitor may ask of the demo, so that none can take the machine from the others."""

from __future__ import annotations

from tallygate.runtime.errors import InputError

TEXT_CHARACTERS = 100_000
"""Longest text that is read from a box or through the API."""
TEXTS = 200
"""Most texts at once outside of a file."""
FILE_BYTES = 100 * 2**20
"""Largest uploaded file."""
FILE_ROWS = 200_000
"""Most rows of an uploaded file that are answered."""
BAD_ROWS_KEPT = 10_000
"""Most bad rows of an uploaded file; with more, the file as a whole is refused."""
QUEUE = 256
"""Most requests that wait; more are told that the page is busy."""
RUNNING = 4
"""Most requests that compute at once."""
SESSION_SECONDS = 3600
"""How long the result of a file is kept for its visitor."""


def check_text(text: str, name: str = "the text") -> str:
    """``text`` itself. Raises :class:`InputError` when it is longer than TEXT_CHARACTERS."""
    if len(text) > TEXT_CHARACTERS:
        reason = f"has {len(text):,} characters, and {TEXT_CHARACTERS:,} are read at most"
        raise InputError(name, reason, "shorten it, or put it in a file for the Batch page")
    return text


def check_texts(texts: list[str]) -> list[str]:
    """``texts`` themselves. Raises :class:`InputError` when there are none, too many, or one is too long."""
    if not texts:
        raise InputError("the list", "holds no text", "give at least one")
    if len(texts) > TEXTS:
        reason = f"holds {len(texts):,} texts, and {TEXTS} are answered at once"
        raise InputError("the list", reason, "put them in a file for the Batch page")
    return [check_text(text, f"text {number}") for number, text in enumerate(texts, 1)]
