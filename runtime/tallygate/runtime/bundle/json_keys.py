"""Every key of a JSON object stands once: of two, one reader takes the first and another the last."""

from __future__ import annotations


def check_keys(data: bytes, decoded: object) -> None:
    """Hold valid JSON (or lines of it) to what was read from it. Raises ``ValueError`` when a key stands twice.

    Outside of strings a colon stands after each key and nowhere else, so there are as many of them as keys were read.
    """
    without_escapes = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = without_escapes.split(b'"')[::2]
    if sum(part.count(b":") for part in outside) != _keys(decoded):
        raise ValueError("a key stands twice")


def _keys(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0
