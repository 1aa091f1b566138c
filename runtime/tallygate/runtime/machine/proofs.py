"""What this machine has proved of a bundle: that its goldens came out right, so that they need not be asked again.

One small JSON file per bundle and conditions, in the user's cache. It can only spare work: whoever can write there
already runs as this user, and a file of anybody else does not count. What is damaged, foreign or cannot be read is as
good as none, and where nothing can be written the goldens are asked every time.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from tallygate.runtime.errors import OutputError
from tallygate.runtime.machine.user_cache import cache_folder
from tallygate.runtime.outputs import write_json

_MAX_SIZE = 65_536
_CPUINFO = 8_192
"""Bytes of /proc/cpuinfo that hold its first processor; a machine of many takes long to write about all."""
_TELLING = ("model name", "flags", "Features", "CPU implementer", "CPU part")


class _Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bundle: str
    """sha256 of the bundle."""
    conditions: list[str]
    """All that an answer can depend on."""


def processor() -> list[str]:
    """The system, the architecture, and what Linux tells of the processor: found at every load, so cheaply."""
    system = list(os.uname()[::4]) if hasattr(os, "uname") else [os.environ.get("PROCESSOR_IDENTIFIER", "")]
    try:
        with Path("/proc/cpuinfo").open("rb", buffering=0) as file:
            lines = file.read(_CPUINFO).decode("utf-8", "replace").partition("\n\n")[0].splitlines()
    except OSError:
        lines = []
    return [sys.platform, *system, *(line for line in lines if line.partition("\t")[0].strip() in _TELLING)]


def is_proved(bundle_sha256: str, conditions: Sequence[str]) -> bool:
    """Whether this user kept a proof for the bundle under just these conditions. Raises nothing."""
    proof = _Proof(bundle_sha256, list(conditions))
    try:
        return msgspec.json.decode(_read(_path(proof)), type=_Proof) == proof
    except (OSError, ValueError, RecursionError):
        return False


def keep_proof(bundle_sha256: str, conditions: Sequence[str]) -> None:
    """Keep a proof. Where it cannot be written, the next load proves again, so nothing is raised."""
    proof = _Proof(bundle_sha256, list(conditions))
    with suppress(OutputError, OSError, ValueError):
        write_json(_path(proof), proof)


def _path(proof: _Proof) -> Path:
    digest = hashlib.sha256(msgspec.json.encode(proof)).hexdigest()
    return cache_folder() / "proved" / f"{digest[:40]}.json"


def _read(path: Path) -> bytes:
    """The bytes of a small regular file of this user; anything else is as good as empty."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
        facts = os.fstat(descriptor)
        foreign = hasattr(os, "geteuid") and (facts.st_uid not in (os.geteuid(), 0) or facts.st_mode & stat.S_IWOTH)
        return b"" if foreign or not stat.S_ISREG(facts.st_mode) else file.read(_MAX_SIZE)
