"""Text as UTF-8, for what reads bytes."""

from __future__ import annotations

import re


def utf8_of(text: str) -> bytes:
    """``text`` as UTF-8; half a surrogate pair, which has none, as another character that only separates."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode("utf-8")
