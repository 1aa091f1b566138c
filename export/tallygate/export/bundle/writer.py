"""Writing a bundle: a directory, or the same files as one zip whose bytes depend on nothing but its contents."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tallygate.runtime.bundle import LAYOUT, FileFacts
from tallygate.runtime.errors import OutputError
from tallygate.runtime.outputs import atomic_directory, atomic_file

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
_UNIX = 3
_MODE = 0o100644 << 16


def write_bundle(path: str | Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` (name to bytes, ``bundle.json`` among them) as a zip if ``path`` ends in .zip, else a directory.

    Raises :class:`OutputError` when ``path`` exists or cannot be written; nothing stands there then.
    """
    path = Path(path)
    check_is_free(path)
    if path.suffix.lower() == ".zip":
        with atomic_file(path) as temporary:
            _write_zip(temporary, files)
        return
    with atomic_directory(path) as folder:
        for name in _ordered(files):
            (folder / name).write_bytes(files[name])


def check_is_free(path: Path) -> None:
    """Raise :class:`OutputError` when something stands at ``path``, or nothing can be made there; writes nothing."""
    if os.path.lexists(path):
        raise OutputError(path, "exists already", "choose another name or remove it first")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OutputError(path, f"cannot be written (in {folder})", "check the path and its permissions")


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
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)


def _ordered(files: Mapping[str, bytes]) -> list[str]:
    return sorted(files, key=lambda name: (name != LAYOUT.manifest, name))
