"""The best settings for a bundle on this machine: measured by ``tallygate bench --autotune``, used by ``auto``.

One small JSON file per bundle and machine. It only chooses among variants that the bundle proved, so nothing in it can
change an answer beyond the gates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from tallygate.runtime.machine.user_cache import cache_folder
from tallygate.runtime.outputs import write_json
from tallygate.runtime.terminal import notice

_PREFIX = 32
_MAX_SIZE = 65_536

Count = Annotated[int, msgspec.Meta(ge=1, le=4096)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is chosen for a machine."""

    engine: str
    precision: str
    threads: Count
    batch_size: Count
    kernel: str | None = None
    """Of the C core."""


class _Tuned(msgspec.Struct, frozen=True, kw_only=True):
    bundle: str
    """sha256 of the bundle."""
    machine: str
    """Key of the machine."""
    settings: Settings


def keep_settings(bundle_sha256: str, machine: str, settings: Settings) -> Path:
    """Store ``settings`` for a bundle on a machine, and return the file. Raises :class:`OutputError` if it cannot."""
    path = _path(bundle_sha256, machine)
    tuned = _Tuned(bundle=bundle_sha256, machine=machine, settings=settings)
    write_json(path, tuned)
    return path


def kept_settings(bundle_sha256: str) -> Settings | None:
    """What was stored for a bundle on this machine; ``None`` where nothing was, or nothing that can be used."""
    try:
        if not any(_folder().glob(f"{bundle_sha256[:_PREFIX]}-*.json")):
            return None  # so that an untuned machine does not pay for finding out what it is
        from tallygate.runtime.machine.cpu import this_machine

        path, machine = _path(bundle_sha256, this_machine().key), this_machine().key
        with path.open("rb") as file:
            tuned = msgspec.json.decode(file.read(_MAX_SIZE), type=_Tuned)
    except (OSError, ValueError, RecursionError) as error:
        _report_damage(error)
        return None
    return tuned.settings if (tuned.bundle, tuned.machine) == (bundle_sha256, machine) else None


def _report_damage(error: Exception) -> None:
    if not isinstance(error, OSError):
        notice(f"the stored settings are damaged and left out ({error})")


def _folder() -> Path:
    return cache_folder() / "tuned"


def _path(bundle_sha256: str, machine: str) -> Path:
    return _folder() / f"{bundle_sha256[:_PREFIX]}-{machine}.json"
