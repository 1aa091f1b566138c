"""CSV that people open in a spreadsheet, which takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a
formula.

A formula can start a program or send the other cells away, and texts and labels come from strangers. So an apostrophe,
which a spreadsheet reads as "this is text", stands before each: at a cell's beginning, also behind white space and
characters that show nothing, and inside a cell where another separator than ours would begin one
(https://owasp.org/www-community/attacks/CSV_Injection). Plain numbers stay as they are. A program that reads the file
back takes it raw.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Protocol

_HIDDEN = r" \x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""White space and what shows nothing, but for the separators below: a run of these is looked at once."""
_SEPARATORS = r";\t\r\n"
_FORMULA = r"(?=[=+\-@＝＋－＠])"
_AT_THE_START = re.compile(rf"(?=[\t\r\n])|[{_HIDDEN}]*+{_FORMULA}")
_INSIDE = re.compile(rf"[{_SEPARATORS}][{_HIDDEN}]*+{_FORMULA}(?!.\))", re.DOTALL)
"""But ``;-)`` is no formula."""
_SUSPECT = re.compile(r"\A[\t\r\n]|[=+\-@＝＋－＠]")
"""What most cells do not have at all."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


class _Output(Protocol):
    def write(self, text: str, /) -> object: ...


def spreadsheet_cell(text: str) -> str:
    """``text`` with an apostrophe wherever a spreadsheet would begin to read a formula."""
    if not _SUSPECT.search(text) or _NUMBER.fullmatch(text):
        return text
    guarded = _INSIDE.sub(r"\g<0>'", text)
    return f"'{guarded}" if _AT_THE_START.match(text) else guarded


class SheetWriter:
    """Writes rows as CSV, comma between and LF behind; every text in them is a :func:`spreadsheet_cell` unless raw."""

    def __init__(self, out: _Output, *, raw: bool = False) -> None:
        """``raw`` leaves texts as they are, for programs that read them back."""
        self._out, self._raw = out, raw
        # With CRLF as its own end of a line, csv quotes both characters on every Python.
        self._writer = csv.writer(self, lineterminator="\r\n")

    def row(self, cells: Iterable[object]) -> None:
        """One line; ``None`` is an empty cell."""
        guard = not self._raw
        self._writer.writerow([spreadsheet_cell(cell) if guard and isinstance(cell, str) else cell for cell in cells])

    def write(self, line: str) -> object:
        """What :mod:`csv` calls, once per row."""
        return self._out.write(f"{line[:-2]}\n")
