"""The shipped bundle, and the WebAssembly as the sources make it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.runtime.page.conftest import shipped

__all__ = ["shipped"]

NATIVE = Path(__file__).parents[2] / "runtime" / "tallygate-native"
SOURCES = ("compiling.py", "unicode_header.py", "include/*.h", "src/*.[ch]", "kernels/*.[ch]")


@pytest.fixture(scope="session")
def wasm() -> Path:
    """Where the JavaScript looks for it; made anew where a source is newer."""
    folder = NATIVE / "web" / "wasm"
    made = folder / "scalar.js"
    newest = max(file.stat().st_mtime for pattern in SOURCES for file in NATIVE.glob(pattern))
    if not made.exists() or made.stat().st_mtime < newest:
        if find_spec("ziglang") is None:
            pytest.skip("needs ziglang: pip install ziglang")
        subprocess.run([sys.executable, NATIVE / "compiling.py", "wasm"], check=True, capture_output=True)
    return folder
