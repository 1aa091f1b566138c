"""What may be wrong with a push, in the same words for numpy and for the C core."""

from __future__ import annotations

from collections.abc import Sequence

from tallygate.runtime.errors import InputError


def check_pushed(numbers: Sequence[int], pieces: Sequence[bytes]) -> None:
    """Raises :class:`InputError` where a stream stands twice, or pieces are missing."""
    if len(numbers) != len(pieces):
        raise InputError("streams", f"got {len(numbers)} numbers and {len(pieces)} pieces", "give one piece per stream")
    if len(set(numbers)) != len(numbers):
        raise InputError("streams", "hold one stream twice", "join its pieces first")


def too_long() -> InputError:
    """A stream that reads on, and cannot be answered."""
    return InputError("the stream", "has read more tokens than its sums hold", "open a new one")


def wrong_utf8() -> InputError:
    """Bytes that are no text."""
    return InputError("the piece", "is not valid UTF-8", "pass strings, or bytes in UTF-8; nothing of it was read")


def both_ends() -> InputError:
    """A bidirectional model has no answer before a text's end."""
    reason = "reads texts from both ends, so it cannot read one as it comes"
    return InputError("this model", reason, "ask for the whole text, or train with bidirectional = false")


def has_ngrams() -> InputError:
    """An n-gram counts once in a text, and no stream remembers which ones it has seen."""
    reason = "has n-grams, of which a stream does not remember which it has seen"
    return InputError("this model", reason, "ask for the whole text")
