"""Where a bundle's bytes come from: a directory, or one zip. Nothing here trusts a name or a size that it reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tallygate.runtime.bundle.files import COPY_LINKED, MEND, RegularFile, as_bundle_error, unreadable
from tallygate.runtime.errors import BundleInvalidError, BundleNotFoundError

_PIECE = 2**20


class Storage(Protocol):
    """Named byte strings; names are plain file names."""

    path: Path

    def size(self, name: str) -> int | None:
        """Bytes of the file, or ``None`` where there is none."""

    def pieces(self, name: str, limit: int) -> Iterator[bytes]:
        """The file's bytes in pieces, at most ``limit`` bytes in all."""


def open_storage(path: Path) -> Storage:
    """The storage at ``path``.

    Raises :class:`BundleNotFoundError` when nothing is there, :class:`BundleInvalidError` when it is neither a
    directory nor a sound zip. What is neither is not even opened.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path.stat says less of a path that cannot be one
    except (FileNotFoundError, NotADirectoryError) as error:
        mend = "check the path, or make one with: tallygate export"
        raise BundleNotFoundError(path, "there is no bundle", mend) from error
    except (OSError, ValueError) as error:
        reason = f"cannot be a bundle ({getattr(error, 'strerror', None) or error})"
        raise BundleInvalidError(path, reason, "check the path") from error
    if stat.S_ISDIR(mode):
        return DirectoryStorage(path)
    if not stat.S_ISREG(mode):
        raise BundleInvalidError(path, "is neither a directory nor a regular file", "name a bundle")
    from tallygate.runtime.bundle.zip_storage import ZipStorage

    return ZipStorage(path)


class DirectoryStorage:
    """A bundle that is a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def size(self, name: str) -> int | None:
        """Bytes of the file, or ``None`` where there is none. Raises :class:`BundleInvalidError` for a link."""
        try:
            facts = (self.path / name).lstat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(self.path, name, error) from error
        if stat.S_ISLNK(facts.st_mode):
            raise BundleInvalidError(self.path, f"{name} is a link", COPY_LINKED)
        if not stat.S_ISREG(facts.st_mode):
            raise BundleInvalidError(self.path, f"{name} is no regular file", MEND)
        return facts.st_size

    def pieces(self, name: str, limit: int) -> Iterator[bytes]:
        """The file's bytes in pieces, at most ``limit`` bytes in all."""
        with as_bundle_error(self.path, name), RegularFile(self.path / name, follow_links=False) as file:
            while limit > 0 and (piece := file.read(min(limit, _PIECE))):
                limit -= len(piece)
                yield piece
