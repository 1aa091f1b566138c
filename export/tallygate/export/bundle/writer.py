"""Writing a bundle: a directory, or the same files as one zip whose bytes depend on nothing but its contents."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from tallygate.runtime.bundle import LAYOUT, FileFacts
from tallygate.runtime.errors import OutputError
from tallygate.runtime.outputs import atomic_directory, atomic_file

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
_UNIX = 3
_MODE = 0o100644 << 16
_WORTH_IT = 0.9
"""A file is compressed if at most that share of it is left."""


def write_bundle(path: str | Path, files: Mapping[str, bytes], force: bool = False) -> None:
    """Write ``files`` (name to bytes, ``bundle.json`` among them) as a zip if ``path`` ends in .zip, else a directory.

    Raises :class:`OutputError` when ``path`` cannot be written, or exists and is no bundle that ``force`` lets be
    overwritten; what stood there before stands there then.
    """
    path = Path(path)
    check_may_write(path, force)
    if path.suffix.lower() == ".zip":
        with atomic_file(path) as temporary:
            _write_zip(temporary, files)
    elif path.exists():
        _replace_directory(path.resolve(), files)
    else:
        _write_directory(path, files)


def check_may_write(path: Path, force: bool) -> None:
    """As :func:`check_is_free`; with ``force`` a bundle may stand there, and nothing else."""
    if force and os.path.lexists(path):
        if not _is_bundle(path):
            raise OutputError(path, "is no bundle, so --force does not overwrite it", "choose another name")
    elif os.path.lexists(path):
        raise OutputError(path, "exists already", "add --force to overwrite it, or choose another name")
    else:
        check_is_free(path)


def check_is_free(path: Path) -> None:
    """Raise :class:`OutputError` when something stands at ``path``, or nothing can be made there; writes nothing."""
    if os.path.lexists(path):
        raise OutputError(path, "exists already", "choose another name or remove it first")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OutputError(path, f"cannot be written (in {folder})", "check the path and its permissions")


def _is_bundle(path: Path) -> bool:
    """Whether it looks like one; it may be damaged, or of another version."""
    if path.is_dir():
        return (path / LAYOUT.manifest).is_file()
    try:
        with zipfile.ZipFile(path) as archive:
            return LAYOUT.manifest in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _write_directory(path: Path, files: Mapping[str, bytes]) -> None:
    with atomic_directory(path) as folder:
        for name in _ordered(files):
            (folder / name).write_bytes(files[name])


def _replace_directory(path: Path, files: Mapping[str, bytes]) -> None:
    """A folder cannot be renamed onto another one, so the new one is whole before the old one steps aside."""
    new, old = (path.with_name(f".{path.name}.{name}.{os.urandom(8).hex()}") for name in ("new", "old"))
    try:
        _write_directory(new, files)
        path.rename(old)
        new.rename(path)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        mend = "check the path and its permissions"
        raise OutputError(path, f"cannot be replaced ({error.strerror or error})", mend) from error
    finally:
        if old.exists() and not path.exists():
            old.rename(path)
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def file_facts(files: Mapping[str, bytes]) -> dict[str, FileFacts]:
    """Size and hash of each file, for the manifest."""
    return {
        name: FileFacts(sha256=hashlib.sha256(files[name]).hexdigest(), size=len(files[name])) for name in sorted(files)
    }


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in _ordered(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            entry.compress_type = _compression(files[name])
            archive.writestr(entry, files[name], compresslevel=9)


def _compression(data: bytes) -> int:
    """Weights hardly shrink, and to inflate them would be a fifth of what it takes to load a bundle."""
    shrinks = len(zlib.compress(data, 9)) < _WORTH_IT * len(data)
    return zipfile.ZIP_DEFLATED if shrinks else zipfile.ZIP_STORED


def _ordered(files: Mapping[str, bytes]) -> list[str]:
    return sorted(files, key=lambda name: (name != LAYOUT.manifest, name))
