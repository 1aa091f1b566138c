"""``python -m tallygate.runtime.bench.child ARGUMENTS``: runs tallygate with them, then prints its own peak memory.

A parent cannot ask: on Linux a new process begins with the peak of the one that started it.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

from tallygate.runtime.cli import main


def peak_resident() -> int | None:
    """Largest resident memory of this process, in bytes; ``None`` where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return _peak_of_macos()


def _peak_of_macos() -> int | None:
    if sys.platform != "darwin":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _Nowhere(io.TextIOBase):
    """Takes any text and keeps none."""

    def write(self, text: str) -> int:
        return len(text)


if __name__ == "__main__":
    with redirect_stdout(_Nowhere()):
        code = main(sys.argv[1:])
    print(peak_resident())
    sys.exit(code)
