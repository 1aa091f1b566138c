"""Write results so that nothing half-written is ever seen under its final name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tallygate.runtime.errors import OutputError

_NAME = 50
"""Characters of a name that its temporary keeps: file systems allow 255 bytes."""
_MEND = "check the path, its permissions and the free space"


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(path, f"cannot be written ({error.strerror or error})", _MEND) from error


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on any failure.

    Raises :class:`OutputError` when the disk is full, read-only, or the folder cannot be made.
    """
    path = Path(path)
    with _as_output_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        try:
            temporary.touch(exist_ok=False)
            yield temporary
            _flush_to_disk(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: str | Path) -> Iterator[Path]:
    """Yield a new temporary folder beside ``path``; rename it to ``path`` on success, remove it on any failure.

    Raises :class:`OutputError` when ``path`` already exists or cannot be written.
    """
    path = Path(path)
    with _as_output_error(path):
        if path.exists():
            raise OutputError(path, "exists already", "choose another name or remove it first")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        try:
            temporary.mkdir()
            yield temporary
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def check_writable(folder: str | Path) -> None:
    """Make ``folder`` if need be and try to write there, before work is done whose result could not be kept.

    Raises :class:`OutputError` when that cannot be.
    """
    folder = Path(folder)
    with _as_output_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
        trial = _temporary(folder / "trial")
        try:
            trial.touch(exist_ok=False)
        finally:
            trial.unlink(missing_ok=True)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, UTF-8 with LF line ends on every system."""
    write_bytes(path, text.encode("utf-8"))


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _temporary(path: Path) -> Path:
    """A name of our own beside ``path``. Known before anything stands under it, so that no signal comes in between."""
    return path.parent / f".{path.name[:_NAME]}.{os.urandom(8).hex()}"


def write_json(path: str | Path, value: object) -> None:
    """Write what :func:`json_bytes` gives. Raises :class:`OutputError` when it cannot be written."""
    write_bytes(path, json_bytes(value))


def json_bytes(value: object) -> bytes:
    """Whatever msgspec encodes as indented JSON, with a line end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
