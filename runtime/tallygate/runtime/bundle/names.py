"""File names of a bundle: the same file on every system, and always inside its folder."""

from __future__ import annotations

import re

from tallygate.runtime.bundle.limits import MAX_NAME

_PLAIN = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_NAME - 1}}}")


def is_plain_name(name: str) -> bool:
    """Whether ``name`` is letters, digits, ``.``, ``_`` and ``-`` only, and begins with a letter or a digit."""
    return _PLAIN.fullmatch(name) is not None and not name.endswith(".")
