"""What only a new process shows: the time to its first answer, and the memory that it needs at most."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tallygate.runtime.errors import EngineUnavailableError

BARE_IMPORT = ("-c", "import numpy, onnxruntime; print()")
"""The least that any answer through onnxruntime has to load."""
_TEXT = "A wonderful film"
_PREDICT = ("-m", "tallygate.runtime.cli", "predict", "--format", "jsonl")
_MEASURED = ("-m", "tallygate.runtime.bench.child", "predict", "--format", "jsonl")


def cold_starts(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Seconds from a new Python process to the first line that it prints, per command and round, in turn.

    ``commands`` holds the arguments of ``python``. The first round, which warms the disk cache, does not count.
    Raises :class:`EngineUnavailableError` when a process fails.
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


def peak_memory(arguments: Sequence[str], file: Path) -> int | None:
    """Most resident memory of a new process that answers the texts of ``file``, in bytes; ``None`` if no one tells.

    Raises :class:`EngineUnavailableError` when the process fails.
    """
    command = [sys.executable, *_MEASURED, *arguments, "--file", str(file)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _failure(command, done.stderr)
    return int(done.stdout) if done.stdout.strip().isdecimal() else None


def _seconds_to_first_line(arguments: Sequence[str]) -> float:
    command = [sys.executable, *arguments]
    start = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        seconds = time.perf_counter() - start
        _, errors = process.communicate()
    if process.returncode:
        raise _failure(command, errors.decode("utf-8", "replace"))
    return seconds


def _failure(command: Sequence[str], errors: str) -> EngineUnavailableError:
    last = (errors.strip().splitlines() or ["it says nothing"])[-1]
    return EngineUnavailableError(" ".join(command[1:8]), f"fails in a new process ({last})", "run: tallygate doctor")
