"""What this machine is, as far as it decides what runs fast on it."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

FEATURES = ("avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
"""x86 features that the engines make use of, by Linux's names."""
ARM_FEATURES = ("asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The processor, the system, and the versions that compute."""

    processor: str
    architecture: str
    system: str
    cores: int
    """Logical cores that this process may use."""
    features: list[str]
    """Of the processor, those that matter; empty where the system does not tell."""
    memory: int | None
    """Bytes."""
    python: str
    onnxruntime: str | None
    """Version, ``None`` where it is not installed."""

    @property
    def key(self) -> str:
        """The same for the same processor, cores and versions: what a measured choice holds for."""
        facts = msgspec.json.encode([self.processor, self.architecture, self.cores, self.features, self.onnxruntime])
        return hashlib.sha256(facts).hexdigest()[:16]


@cache
def this_machine() -> Machine:
    """The machine that this runs on."""
    fields = _cpuinfo()
    known = set(fields.get("flags", fields.get("Features", "")).split())
    return Machine(
        processor=fields.get("model name") or platform.processor() or platform.machine(),
        architecture=platform.machine(),
        system=platform.platform(),
        cores=usable_cores(),
        features=[name for name in (*FEATURES, *ARM_FEATURES) if name in known],
        memory=_memory(),
        python=platform.python_version(),
        onnxruntime=onnxruntime_version(),
    )


def usable_cores() -> int:
    """Logical cores that this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def onnxruntime_version() -> str | None:
    """Version of whichever build of onnxruntime is installed."""
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None


def _cpuinfo() -> dict[str, str]:
    """The first processor's fields in Linux's /proc/cpuinfo; empty elsewhere."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n", 1)[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
