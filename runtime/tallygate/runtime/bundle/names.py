"""File names of a bundle: the same file on every system, and always inside its folder."""

from __future__ import annotations

from tallygate.runtime.bundle.limits import MAX_NAME

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


def is_plain_name(name: str) -> bool:
    """Whether ``name`` is of letters, digits, ``.``, ``_`` and ``-``, and begins with a letter or a digit."""
    return _PLAIN.issuperset(name) and 0 < len(name) <= MAX_NAME and name[0].isalnum() and name[-1] != "."
