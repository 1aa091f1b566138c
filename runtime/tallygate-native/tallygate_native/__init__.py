"""The C core of tallygate as a plain shared library, for ctypes; it knows nothing of Python's own interface."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).parent
_NAMES = {"win32": "tallygate.dll", "darwin": "libtallygate.dylib"}


def library_path() -> Path:
    """The shared library. Its functions are those of ``include/tallygate.h``."""
    return _HERE / _NAMES.get(sys.platform, "libtallygate.so")


def web_folder() -> Path:
    """JavaScript, the page's parts and, in ``wasm``, the WebAssembly modules: in a wheel, or beside the sources."""
    installed = _HERE / "web"
    return installed if installed.is_dir() else _HERE.parent / "web"
