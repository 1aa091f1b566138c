"""Where a bundle's bytes come from: a directory, or one zip. Nothing here trusts a name or a size that it reads."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tallygate.runtime.errors import BundleInvalidError, BundleNotFoundError

MAX_EXPANSION = 200
"""A zip entry that grows more than this is no bundle file: text shrinks to a tenth, weights hardly at all."""
_MEND = "get the bundle again"


class Storage(Protocol):
    """Named byte strings; names are plain file names."""

    path: Path

    def size(self, name: str) -> int | None:
        """Bytes of the file, or ``None`` where there is none."""

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes, at most ``limit`` of them."""


def open_storage(path: Path) -> Storage:
    """The storage at ``path``.

    Raises :class:`BundleNotFoundError` when nothing is there, :class:`BundleInvalidError` when it is neither a
    directory nor a sound zip.
    """
    if path.is_dir():
        return DirectoryStorage(path)
    if not path.exists():
        raise BundleNotFoundError(path, "there is no bundle", "check the path, or make one with: tallygate export")
    return ZipStorage(path)


def is_plain_name(name: str) -> bool:
    """Whether ``name`` is a file name that stays inside its folder on every system."""
    return name not in ("", ".", "..") and not set(name) & set('/\\:\0<>"|?*') and name.isprintable()


class DirectoryStorage:
    """A bundle that is a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def size(self, name: str) -> int | None:
        """Bytes of the file, or ``None`` where there is none."""
        file = self.path / name
        return file.stat().st_size if file.is_file() else None

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes, at most ``limit`` of them."""
        with _as_bundle_error(self.path, name), (self.path / name).open("rb") as file:
            return file.read(limit)


class ZipStorage:
    """A bundle that is one zip. Its directory is checked at once: no paths, no doubles, no bombs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _as_bundle_error(path, "the zip"), zipfile.ZipFile(path) as archive:
            self._entries = {entry.filename: entry for entry in archive.infolist()}
            entries = archive.infolist()
        for entry in entries:
            if reason := _reason_to_refuse(entry):
                raise BundleInvalidError(path, f"holds {entry.filename!r}, which {reason}", _MEND)
        if len(self._entries) != len(entries):
            raise BundleInvalidError(path, "holds two files of the same name", _MEND)

    def size(self, name: str) -> int | None:
        """Bytes of the file, or ``None`` where there is none."""
        entry = self._entries.get(name)
        return entry.file_size if entry else None

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes, at most ``limit`` of them."""
        with (
            _as_bundle_error(self.path, name),
            zipfile.ZipFile(self.path) as archive,
            archive.open(name) as file,
        ):
            return file.read(limit)


def _reason_to_refuse(entry: zipfile.ZipInfo) -> str | None:
    if not is_plain_name(entry.filename) or entry.is_dir():
        return "is a path and not a plain file name"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in an unknown way"
    if entry.file_size > MAX_EXPANSION * entry.compress_size + 65_536:
        return f"would grow more than {MAX_EXPANSION} times"
    return None


@contextmanager
def _as_bundle_error(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, BundleInvalidError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise BundleInvalidError(path, f"{name} cannot be read ({reason})", _MEND) from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise BundleInvalidError(path, f"{name} is damaged ({error})", _MEND) from error
