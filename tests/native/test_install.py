"""From a checkout to the C core on a machine that has no C compiler: its build brings one (ziglang)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILERS = ("cc", "gcc", "clang", "c99", "zig", "ld", "as", "make")


@pytest.mark.slow
def test_pip_install_from_the_checkout_without_a_compiler_ends_with_the_native_engine(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    path = str(python.parent)
    assert not [name for name in COMPILERS if shutil.which(name, path=path)]
    dropped = ("PYTHONPATH", "CC", "CFLAGS", "TALLYGATE_NATIVE_CC", "TALLYGATE_KERNEL")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    bare = kept | {"PATH": path, "TALLYGATE_CACHE": str(tmp_path / "cache")}

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, env=bare, cwd=tmp_path)

    constraints = ["--constraint", ROOT / "constraints.txt"]
    sources = [ROOT, ROOT / "runtime" / "tallygate-native"]
    installed = run(python, "-m", "pip", "install", "--quiet", *constraints, *sources)
    if installed.returncode and "No matching distribution" in installed.stderr:
        pytest.skip("needs a package index")
    assert installed.returncode == 0, installed.stderr

    program = python.parent / "tallygate"
    answer = run(program, "predict", "A wonderful film. I loved every minute of it.")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["label"], told["engine"], told["precision"]) == ("positive", "native", "integer")
    verified = run(program, "verify", "--precision", "integer")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "sha256 of the golden logits, scalar: " in verified.stdout
