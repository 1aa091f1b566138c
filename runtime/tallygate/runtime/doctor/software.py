"""The doctor on Python, the processor, onnxruntime, and the commands whose extras are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import find_spec

from tallygate.runtime.cli import find_commands
from tallygate.runtime.doctor.finding import Finding
from tallygate.runtime.engines.integer import MEND as NATIVE_MEND
from tallygate.runtime.engines.integer import library_is_there, load_library
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.installation import pip_install
from tallygate.runtime.machine import FEATURES, FOLDER, cache_folder, onnxruntime_version, this_machine

LEAKING = ((1, 24), (1, 26))
"""onnxruntime releases (first, last) of which some builds leak memory on texts of changing length
(https://github.com/dmarzzz/VoxTerm/issues/166)."""
LONG_TIME_S = 60
_IMPORT = "import onnxruntime; print(onnxruntime.__version__, *onnxruntime.get_available_providers())"


def python_findings() -> Iterator[Finding]:
    """The interpreter, the system and the cache folder."""
    machine = this_machine()
    text = f"{machine.python} at {sys.executable}; tallygate {_own_version()}; {machine.system}"
    yield Finding(topic="python", name="python", status="ok", text=text)
    yield _cache()


def processor_findings() -> Iterator[Finding]:
    """The processor and what of it the engines use."""
    machine = this_machine()
    memory = f", {machine.memory / 2**30:.1f} GiB" if machine.memory else ""
    text = f"{machine.processor}, {machine.cores} usable cores{memory}"
    yield Finding(topic="processor", name="processor", status="ok", text=text)
    found = " ".join(machine.features) or "none known"
    is_x86 = machine.architecture.lower() in ("x86_64", "amd64")
    if is_x86 and machine.features and not {"avx512_vnni", "avx_vnni"} & set(machine.features):
        text = f"{found}; no VNNI, so the products of int8-dynamic saturate unless its weights have 7 bits"
        mend = "prefer fp32 or int8, whose arithmetic is float32"
        yield Finding(topic="processor", name="features", status="warning", text=text, mend=mend)
    elif is_x86 and machine.features and "avx2" not in machine.features:
        text = f"{found}; no AVX2, so everything is slow"
        yield Finding(topic="processor", name="features", status="warning", text=text)
    else:
        shown = found if machine.features or not is_x86 else f"this system does not tell which of {', '.join(FEATURES)}"
        yield Finding(topic="processor", name="features", status="ok", text=shown)


def onnxruntime_findings() -> Iterator[Finding]:
    """Whether onnxruntime is there once, whole, and in a release without known faults."""
    installed = onnxruntime_distributions()
    if len(installed) > 1:
        text = f"{' and '.join(installed)} are both installed and overwrite each other's files"
        yield Finding(topic="onnxruntime", name="clash", status="problem", text=text, mend=_reinstall())
    if not installed and find_spec("onnxruntime") is None:
        text = "is not installed; the numpy engine answers instead, slower"
        yield Finding(
            topic="onnxruntime", name="onnxruntime", status="absent", text=text, mend=f"run: {pip_install('cpu')}"
        )
        return
    yield _import_of_onnxruntime()
    release = _release(onnxruntime_version())
    if release and LEAKING[0] <= release <= LEAKING[1]:
        text = "some builds of 1.24 to 1.26 leak memory on texts of changing length"
        mend = "run: pip install --upgrade onnxruntime"
        yield Finding(topic="onnxruntime", name="leak", status="warning", text=text, mend=mend)


def native_findings() -> Iterator[Finding]:
    """Whether the C core is there, and which of its kernels this machine can run."""
    if not library_is_there():
        text = "is not installed; other engines answer, slower"
        yield Finding(topic="native", name="native", status="absent", text=text, mend=NATIVE_MEND)
        return
    try:
        kernels = load_library().kernels()
    except EngineUnavailableError as error:
        yield Finding(topic="native", name="native", status="problem", text=error.reason, mend=error.mend)
        return
    yield Finding(topic="native", name="native", status="ok", text=f"kernels: {', '.join(kernels)}")


def command_findings() -> Iterator[Finding]:
    """Commands that need an extra which is not installed."""
    for name, command in find_commands().items():
        missing = [module for module in command.modules if find_spec(module) is None]
        if missing:
            text = f"needs {', '.join(missing)}"
            mend = f"run: {pip_install(command.extra)}"
            yield Finding(topic="commands", name=name, status="absent", text=text, mend=mend)
        else:
            yield Finding(topic="commands", name=name, status="ok", text="can run")


def onnxruntime_distributions() -> list[str]:
    """Names of the installed distributions that put files into the folder ``onnxruntime``."""
    names = {str(distribution.metadata["Name"] or "").lower() for distribution in distributions()}
    return sorted(name for name in names if name.startswith("onnxruntime") and name in _OF_ONE_FOLDER)


_OF_ONE_FOLDER = {"onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino", "onnxruntime-qnn"}


def _import_of_onnxruntime() -> Finding:
    """Imports it in a process of its own, which a broken build may take down."""
    command = [sys.executable, "-c", _IMPORT]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_TIME_S, check=False)
    except subprocess.TimeoutExpired:
        text = f"was not imported after {LONG_TIME_S} s"
        return Finding(topic="onnxruntime", name="onnxruntime", status="problem", text=text, mend=_reinstall())
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        text = f"cannot be imported ({last})"
        return Finding(topic="onnxruntime", name="onnxruntime", status="problem", text=text, mend=_reinstall())
    version, *providers = done.stdout.split()
    text = f"{version} ({', '.join(provider.removesuffix('ExecutionProvider') for provider in providers)})"
    return Finding(topic="onnxruntime", name="onnxruntime", status="ok", text=text)


def _cache() -> Finding:
    folder = cache_folder()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        text, mend = f"{folder} cannot be written", f"set {FOLDER} to another folder"
        return Finding(topic="python", name="cache", status="warning", text=text, mend=mend)
    return Finding(topic="python", name="cache", status="ok", text=str(folder))


def _release(version: str | None) -> tuple[int, int] | None:
    parts = (version or "").split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdecimal() and parts[1].isdecimal() else None


def _own_version() -> str:
    from tallygate.runtime.version import VERSION

    return VERSION


def _reinstall() -> str:
    return f"run: pip uninstall --yes onnxruntime onnxruntime-gpu, then: {pip_install('cpu')} (or gpu)"
