"""One training at a time in a run's folder.

The operating system holds the lock for the process, so that one which is killed leaves none behind: the file alone
locks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tallygate.runtime.errors import OutputError
from tallygate.train.folder.layout import LAYOUT

_MEND = "wait for it or end it, or name another folder with --out"


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the folder, which is made if need be, for this process.

    Raises :class:`OutputError` when another process holds it, or it cannot be written.
    """
    path = folder / LAYOUT.lock
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise OutputError(folder, "another process is training there", _MEND) from error
    except OSError as error:
        reason = f"cannot be written ({error.strerror or error})"
        raise OutputError(folder, reason, "check the path, its permissions and the free space") from error
    try:
        yield
    finally:
        # While it is held still: who opens it from now on finds a file that is gone, or makes a new one.
        with suppress(OSError):
            path.unlink()
        lock.release()


def check_unlocked(folder: Path) -> None:
    """Raise :class:`OutputError` when another process holds the folder; makes nothing."""
    if (folder / LAYOUT.lock).is_file():
        with locked_folder(folder):
            pass
