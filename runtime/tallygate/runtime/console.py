"""What a command owes the shell that started it: streams that exist and take any character, and a tidy end on a signal.

A signal becomes an exception, so what is being written is removed on the way out, by the same ``finally`` as after
any other failure. A second signal, for a cleaning up that hangs, kills at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Terminated(BaseException):
    """The process was asked to end. No ``Exception``, so nothing on the way takes it for a failure of its own."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_name = signal.Signals(signal_number).name
        self.exit_code = 128 + signal_number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise :class:`Terminated` here on SIGTERM and SIGHUP; one that is ignored, as by ``nohup``, stays so."""
    if current_thread() is not main_thread():
        yield
        return
    mine = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Terminated(number)


def prepare_streams() -> None:
    """Make all three standard streams usable.

    One that is closed reads nothing and writes nowhere: else the next file that is opened takes its number, and what a
    library prints lands in it. A character that a terminal's encoding lacks is escaped; elsewhere output is UTF-8.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def settle_streams() -> None:
    """Write what is left. What cannot be written has been told, so Python's own try at exit finds nothing more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
