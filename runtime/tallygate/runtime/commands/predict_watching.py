"""How far the reading has come: a line on the terminal for a long file, and a word when it has to wait."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG

AFTER_S, EVERY_S = 1.0, 0.2
"""Seconds before the first line, and between two."""


class Watching:
    """The :class:`Watcher` of a file's rows. It draws only where standard error is a terminal and output is not."""

    def __init__(self, named: str | None) -> None:
        """``named`` is the file, ``-`` for standard input, None for no file at all."""
        self._size = _size(named) if sys.stderr.isatty() and not sys.stdout.isatty() else 0
        self._read = self._answered = 0
        self._start = time.monotonic()
        self._next = self._start + AFTER_S
        self._is_drawn = False
        self._wait: Callable[[], None] | None = None

    def when_waiting(self, wait: Callable[[], None]) -> None:
        """What is called before each read that would wait."""
        self._wait = wait

    def before_waiting(self) -> None:
        """Called by the reader."""
        if self._wait is not None:
            self._wait()

    def has_read(self, count: int) -> None:
        """Called by the reader, with bytes."""
        self._read += count

    def has_answered(self, rows: int) -> None:
        """Called after each window."""
        self._answered += rows
        now = time.monotonic()
        if self._size and now >= self._next:
            self._next, self._is_drawn = now + EVERY_S, True
            sys.stderr.write(f"\r{self._line(now - self._start)}\x1b[K")
            sys.stderr.flush()

    def _line(self, seconds: float) -> str:
        share = min(self._read / self._size, 1.0)
        left = seconds * (1 - share) / share if share else 0.0
        bar = "#" * round(20 * share)
        return (
            f"[{bar:<20}] {share:4.0%}  {self._answered:,} rows, {self._answered / seconds:,.0f}/s, {left:,.0f} s left"
        )

    def __enter__(self) -> Watching:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_drawn:
            sys.stderr.write("\r\x1b[K")


def _size(named: str | None) -> int:
    """Bytes of a regular file; 0 for anything else."""
    if named is None:
        return 0
    try:
        status = os.fstat(sys.stdin.fileno()) if named == "-" else Path(named).stat()
    except (OSError, ValueError):
        return 0
    return status.st_size if S_ISREG(status.st_mode) else 0
