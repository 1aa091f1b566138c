"""Files of rows that ask for more memory or time than they hold bytes: a bound is met, and told in one line."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallygate.runtime.records.formats import MAX_ROW_BYTES

MEGABYTE = 2**20
COLUMNS = ",".join(f"c{number}" for number in range(100_000)).encode()
FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a gzip bomb in one line": (lambda: gzip.compress(b" " * 64 * MEGABYTE), "r.txt.gz", "expands to more"),
    "a gzip bomb in a quote": (lambda: gzip.compress(b'text\n"' + b"\n" * 8 * MEGABYTE), "r.csv.gz", "expands to more"),
    "a line without an end": (lambda: b"x" * (MAX_ROW_BYTES + 1), "r.txt", "is longer than"),
    "a quote without an end": (lambda: b'text\n"' + b"words \n" * (MAX_ROW_BYTES // 6), "r.csv", "never closed"),
    "JSON arrays in each other": (lambda: b"[" * MEGABYTE + b"\n", "r.jsonl", "is a JSON array"),
    "JSON objects in each other": (lambda: b'{"text":' * MEGABYTE, "r.jsonl", "nested too deeply"),
    "a header of many columns": (lambda: COLUMNS + b"\n" + COLUMNS + b"\n", "r.csv", "choose one"),
    "a number of many digits": (lambda: b'{"text": ' + b"9" * MEGABYTE + b"}", "r.jsonl", "is not valid JSON"),
}


MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""A small process between this one and the program: the peak of a new program counts what its parent had in memory."""


@pytest.mark.skipif(os.name == "nt", reason="needs the peak memory of a process")
@pytest.mark.parametrize("name", FILES)
def test_is_refused_within_its_bound(name: str, toy_path: Path, tmp_path: Path) -> None:
    data, file, reason = FILES[name]
    path = tmp_path / file
    path.write_bytes(data())
    command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--bundle", str(toy_path), "--file", str(path)]
    done = subprocess.run([sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=False)
    told = done.stderr
    assert done.returncode == 2, told
    assert reason in told
    assert told.count("\n") <= 1 + told.count("its first line")
    assert len(told) < 1000
    kilobyte = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * kilobyte < 300 * MEGABYTE
