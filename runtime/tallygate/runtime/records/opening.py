"""Where the bytes of rows come from: a file, a pipe, gzip, another encoding; and who watches them come.

A file is read in order, piece by piece, and never held whole. Whoever answers rows can watch: before a read that would
wait (for a line that nobody has written yet), so that what is there is answered first; and how much has been read.
"""

from __future__ import annotations

import codecs
import gzip
import io
import select
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from tallygate.runtime.errors import InputError, InputNotFoundError, TallygateError, UsageError

GZIP = ".gz"
"""Suffix of a file that is expanded while it is read."""
EXPANSION, EXPANSION_FREE = 100, 2**21
"""Most bytes out of a byte of gzip, once so many have come: text gives 3 to 10, a bomb 1,000."""
_PIECE = 2**16
_OF_NAMES = {"idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape"}
"""How Python writes names of hosts and its own literals; not how files are written."""


class Watcher(Protocol):
    """Told of every read of the file's own bytes."""

    def before_waiting(self) -> None:
        """The next bytes are not there yet."""

    def has_read(self, count: int) -> None:
        """So many bytes came."""


@contextmanager
def opened(source: str | Path | BinaryIO, name: str, watcher: Watcher | None = None) -> Iterator[BinaryIO]:
    """Open a path for binary reading, or pass an open file through, which stays open; ``.gz`` is expanded.

    Raises :class:`InputNotFoundError` when it is not there or may not be read, :class:`InputError` when it is
    a folder, reading fails, or gzip is damaged or expands beyond EXPANSION.
    """
    try:
        if isinstance(source, (str, Path)):
            with Path(source).open("rb") as file:
                is_gzip = Path(source).suffix.lower() == GZIP
                yield _expanded(file, name, watcher) if is_gzip else _watched(file, watcher)
        else:
            yield _watched(source, watcher)
    except TallygateError:
        raise
    except FileNotFoundError as error:
        raise InputNotFoundError(name, "does not exist", "check the path") from error
    except PermissionError as error:
        raise InputNotFoundError(name, "may not be read", "check its permissions") from error
    except IsADirectoryError as error:
        raise InputError(name, "is a folder", "name a file") from error
    except OSError as error:
        raise InputError(name, f"cannot be read ({error.strerror or error})", "check the path") from error


def check_ends(path: str | Path) -> None:
    """Raise :class:`InputError` for a FIFO or a device, which may never end; whether there is a file is not asked."""
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(path, "is no regular file, and may never end", "write the texts into a file")


def checked_encoding(encoding: str) -> str:
    """The encoding by Python's name for it. Raises :class:`UsageError` when it is no encoding of text.

    What Python calls an encoding although it writes other texts, or cannot go on after a fault (``idna``,
    ``punycode``, ``unicode_escape``), is none here.
    """
    try:
        if "a\n".encode(encoding).decode(encoding) != "a\n" or codecs.lookup(encoding).name in _OF_NAMES:
            raise LookupError(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        mend = "give one such as utf-8, latin-1, cp1252 or utf-16"
        raise UsageError(f"--encoding {encoding}", "is no encoding of text", mend) from error


def in_lines_of_bytes(file: BinaryIO, encoding: str, name: str) -> tuple[BinaryIO, str]:
    """``file`` and its encoding; as UTF-8 where a line feed is more than its one byte, as in UTF-16.

    Raises :class:`InputError` while reading, since a fault there has no line.
    """
    if "a\n".encode(encoding).endswith(b"a\n"):
        return file, encoding
    return io.BufferedReader(_Recoded(file, encoding, name), _PIECE), "utf-8"


def _watched(file: BinaryIO, watcher: Watcher | None) -> BinaryIO:
    raw = getattr(file, "raw", None)
    if watcher is None or not isinstance(raw, io.RawIOBase):
        return file
    return io.BufferedReader(_Watched(raw, watcher), _PIECE)


def _expanded(file: BinaryIO, name: str, watcher: Watcher | None) -> BinaryIO:
    counted = _Counted(watcher)
    return io.BufferedReader(_Expanded(_watched(file, counted), name, counted), _PIECE)


class _Readable(io.RawIOBase):
    def readable(self) -> bool:
        return True


class _Watched(_Readable):
    """Bytes as they come. A regular file never waits."""

    def __init__(self, raw: io.RawIOBase, watcher: Watcher) -> None:
        self._raw, self._watcher = raw, watcher

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._is_ready():
            self._watcher.before_waiting()
        count: int = self._raw.readinto(buffer) or 0
        self._watcher.has_read(count)
        return count

    def _is_ready(self) -> bool:
        try:
            return bool(select.select([self._raw], [], [], 0)[0])
        except (OSError, ValueError):  # on Windows only sockets can be asked, so there every read may wait
            return False


class _Counted:
    """How many bytes of gzip have been read; hands on what it is told."""

    def __init__(self, watcher: Watcher | None) -> None:
        self.count, self._watcher = 0, watcher

    def before_waiting(self) -> None:
        if self._watcher is not None:
            self._watcher.before_waiting()

    def has_read(self, count: int) -> None:
        self.count += count
        if self._watcher is not None:
            self._watcher.has_read(count)


class _Expanded(_Readable):
    """What gzip expands to, as long as that stands in proportion to what has been read."""

    def __init__(self, file: BinaryIO, name: str, read: _Counted) -> None:
        self._gzip, self._name, self._read, self._total = gzip.GzipFile(fileobj=file), name, read, 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            count = self._gzip.readinto(buffer)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(self._name, f"is not a whole gzip file ({error})", "compress it again") from error
        self._total += count
        if self._total > EXPANSION_FREE and self._total > EXPANSION * self._read.count:
            reason = f"expands to more than {EXPANSION} times its size, as no text does"
            raise InputError(self._name, reason, "expand it yourself if you trust it")
        return count


class _Recoded(_Readable):
    """UTF-8 of another encoding."""

    def __init__(self, file: BinaryIO, encoding: str, name: str) -> None:
        self._file, self._encoding, self._name, self._left = file, encoding, name, b""
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            piece: bytes = self._file.read1(_PIECE)  # type: ignore[attr-defined]
            self._left = self._decoded(piece)
            if not piece:
                break
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def _decoded(self, piece: bytes) -> bytes:
        try:
            return self._decoder.decode(piece, final=not piece).encode("utf-8")
        except UnicodeError as error:
            mend = "name its encoding with --encoding"
            raise InputError(self._name, f"is not valid {self._encoding.upper()}", mend) from error
