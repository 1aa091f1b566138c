"""What may be asked: one text, or a collection of texts. Everything else gets one line that says what to pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from tallygate.runtime.errors import InputError

_TEXTS = "pass a string, or a list or iterator of strings"


def plain_texts(texts: str | Iterable[str]) -> str | Iterable[str]:
    """``texts`` checked; a column whose iteration gives wrappers of strings (Arrow's) as the strings themselves."""
    check_texts(texts)
    unwrapped = getattr(texts, "to_pylist", None)
    return unwrapped() if callable(unwrapped) else texts


def check_texts(texts: object) -> None:
    """Raise :class:`InputError` for what would be iterated otherwise than its owner thinks, or not at all.

    Bytes would be read as numbers, a dict or a table as its keys, a set in no order.
    """
    if isinstance(texts, str):
        return
    thing = f"an input of type {type(texts).__name__}"
    if isinstance(texts, bytes | bytearray | memoryview):
        raise InputError(thing, "is not text", "decode it first, such as with .decode('utf-8')")
    if isinstance(texts, Mapping) or hasattr(type(texts), "columns") or hasattr(type(texts), "column_names"):
        raise InputError(thing, "is a table or a mapping", "pass the one column that holds the texts, as a list")
    if isinstance(texts, Set):
        raise InputError(thing, "has no order", "pass a list, so that answers come in its order")
    if getattr(texts, "ndim", 1) != 1:
        raise InputError(thing, f"has {getattr(texts, 'ndim', 0)} dimensions", "pass one dimension of texts")
    if not isinstance(texts, Iterable):
        raise InputError(thing, "is neither a text nor texts", _TEXTS)
