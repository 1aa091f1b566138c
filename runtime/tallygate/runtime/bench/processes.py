"""What only a new process shows: the time to its first answer, and the memory that it needs at most."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

BARE_IMPORT = ("-c", "import numpy, onnxruntime; print()")
"""The least that any answer through onnxruntime has to load."""
_TEXT = "A wonderful film"
_PREDICT = ("-m", "tallygate.runtime.cli", "predict", "--format", "jsonl")


def cold_starts(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Seconds from a new Python process to the first line that it prints, per command and round, in turn.

    ``commands`` holds the arguments of ``python``. The first round, which warms the disk cache, does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, arguments in commands.items():
            taken = _seconds_to_first_line(arguments)
            if number:
                seconds[name].append(taken)
    return seconds


def predict_one(arguments: Sequence[str]) -> list[str]:
    """Arguments of ``python`` that answer one text with ``tallygate predict``."""
    return [*_PREDICT, *arguments, _TEXT]


def predict_file(arguments: Sequence[str], file: Path) -> list[str]:
    """Arguments of ``python`` that answer the texts of a file with ``tallygate predict``."""
    return [*_PREDICT, *arguments, "--file", str(file)]


def peak_memory(arguments: Sequence[str]) -> int | None:
    """Largest resident memory of a Python process with these arguments, in bytes; ``None`` where no one tells."""
    if not hasattr(os, "wait4"):
        return None
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return None
    # macOS counts bytes, the others kilobytes.
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _seconds_to_first_line(arguments: Sequence[str]) -> float:
    """Raises :class:`subprocess.CalledProcessError` when the process fails."""
    command = [sys.executable, *arguments]
    start = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        seconds = time.perf_counter() - start
        _, errors = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return seconds
