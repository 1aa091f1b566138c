r"""What may reach a terminal: a name in a bundle or a file is data, and must not move the cursor or forge a line.

A terminal acts on control characters (ESC and, in UTF-8 too, the C1 controls), shows text behind a bidirectional
override in another order than it has, and hides the other format characters; line separators begin a line that looks
like ours; half a surrogate pair cannot be encoded at all. All of these are shown as ``\u001b``, which is also how JSON
writes them, so that a JSON text stays the same value. The two joiners are kept: Persian, Hindi and many emoji are
misspelt without them.

The characters are listed here and not asked of ``unicodedata``, so that every Python shows the same.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache

_ACTED_ON = (
    "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"  # controls, line and paragraph separators, surrogates
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides, isolates
    "\xad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)


def printable(text: object) -> str:
    r"""``str(text)`` in one line: each white space is a space, and what a terminal acts on reads like ``\u001b``."""
    line = str(text)
    return line if line.isprintable() else _unprintable().sub(_escape, re.sub(r"\s", " ", line))


def printable_json(text: str) -> str:
    r"""A JSON text of the same value whose strings are safe on a terminal; its own line ends stay."""
    return text if text.isprintable() else _unprintable(but="\n").sub(_escape, text)


def notice(line: str) -> None:
    """One :func:`printable` line of ours on standard error, beside whatever goes to standard output."""
    with suppress(OSError):  # a standard error that is full or gone is no reason to fail
        print(printable(f"tallygate: {line}"), file=sys.stderr, flush=True)


def table(
    rows: Iterable[Sequence[object]],
    headers: Sequence[str] = (),
    *,
    style: str = "simple",
    align: Sequence[str] | None = None,
) -> str:
    """Rows as a table for people, without a line end behind; every cell is :func:`printable`.

    ``style`` is a format of the library tabulate; ``align`` has ``left`` or ``right`` per column.
    """
    from tabulate import tabulate

    cells = [[printable(cell) for cell in row] for row in rows]
    return tabulate(cells, list(map(printable, headers)), tablefmt=style, disable_numparse=True, colalign=align)


@cache  # compiled when there is something to clean: most processes never show any of these
def _unprintable(but: str = "") -> re.Pattern[str]:
    return re.compile(f"(?![{but}])[{_ACTED_ON}]" if but else f"[{_ACTED_ON}]")


def _escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[start : start + 2].hex()}" for start in range(0, len(units), 2))
