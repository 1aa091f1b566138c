"""Opening files that somebody else chose: only regular ones, never waiting, and read by position.

A FIFO would wait for a writer, a device can act on being opened, and a link leads out of the bundle; all of them can be
put in the place of a file between two looks, so what counts is what the opened descriptor is.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.errors import BundleInvalidError, TallygateError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEND = "get the bundle again"
COPY_LINKED = "copy the folder with what its links name: cp -rL FOLDER COPY"
"""Downloads of the Hugging Face Hub are folders of links into a cache. They stay refused: what a link names is not the
bundle's, and can be changed, or chosen, from outside."""
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):  # each where the system has it
    _FLAGS |= getattr(os, _name, 0)


@contextmanager
def as_bundle_error(path: object, what: str) -> Iterator[None]:
    """Whatever a library makes of a file that nobody vouches for, it becomes one :class:`BundleInvalidError`."""
    try:
        yield
    except TallygateError:
        raise
    except MemoryError as error:
        raise BundleInvalidError(path, f"{what} needs more memory than there is", MEND) from error
    except OSError as error:
        raise unreadable(path, what, error) from error
    except Exception as error:  # zipfile alone raises eight kinds, and msgspec and numpy have their own
        raise BundleInvalidError(path, f"{what} is not valid ({str(error) or type(error).__name__})", MEND) from error


def unreadable(path: object, what: str, error: OSError) -> BundleInvalidError:
    """What the system said, with a mend for it: another copy of the bundle helps against no missing permission."""
    mend = "check its permissions" if isinstance(error, PermissionError) else MEND
    return BundleInvalidError(path, f"{what} cannot be read ({error.strerror or error})", mend)


class RegularFile(io.RawIOBase):
    """A regular file, open for reading.

    It is read by position where the system can: a forked process shares a descriptor's own position with its parent,
    and each would move it under the other.
    """

    def __init__(self, path: Path, follow_links: bool) -> None:
        """Raises :class:`BundleInvalidError` for anything but a regular file, and ``OSError`` as ``os.open`` does."""
        self._descriptor = -1
        if not follow_links and path.is_symlink():
            raise BundleInvalidError(path, "is a link", COPY_LINKED)
        self._descriptor = os.open(path, _FLAGS if follow_links else _FLAGS | getattr(os, "O_NOFOLLOW", 0))
        facts = os.fstat(self._descriptor)
        if not stat.S_ISREG(facts.st_mode):
            self.close()
            raise BundleInvalidError(path, "is no regular file", "name a bundle")
        self.size = facts.st_size
        """Bytes."""
        self._position = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position, as every file does."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError(f"position {start + offset} is before the file")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill ``buffer`` from the position on, and return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        data = self._read_at(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Give the descriptor back; twice is fine."""
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
        super().close()

    def _read_at(self, position: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, size, position)
        os.lseek(self._descriptor, position, os.SEEK_SET)
        return os.read(self._descriptor, size)
