"""What teachers found out, kept in the user's cache by what it was made from, so that runs of other seeds read it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock

from tallygate.runtime.machine import cache_folder

VERSION = b"1"
"""Of the teachers: another one makes everything anew."""


def cached_path(name: str, suffix: str, parts: Iterable[bytes]) -> Path:
    """Where the thing that ``parts`` decide is kept; its folder exists."""
    digest = hashlib.sha256(VERSION)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    folder = cache_folder() / "teachers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}-{digest.hexdigest()[:32]}{suffix}"


def locked(path: Path) -> AbstractContextManager[object]:
    """Held while ``path`` is looked for and made, so that of several processes one works and the others read."""
    return FileLock(path.with_name(f"{path.name}.lock"))
