"""The C core of tallygate as a plain shared library, for ctypes; it knows nothing of Python's own interface."""

from __future__ import annotations

import sys
from pathlib import Path

_NAMES = {"win32": "tallygate.dll", "darwin": "libtallygate.dylib"}


def library_path() -> Path:
    """The shared library. Its functions are those of ``include/tallygate.h``."""
    return Path(__file__).parent / _NAMES.get(sys.platform, "libtallygate.so")
