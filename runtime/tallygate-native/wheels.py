"""``python wheels.py FOLDER``: the wheels of all platforms, the programs and the WebAssembly modules, on one machine.

Every wheel is built twice and the two must be equal to the byte; its library is opened and its symbols are looked for.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from compiling import PLATFORM_VARIABLE, PLATFORMS, WHEELS, build_program, build_wasm

ROOT = Path(__file__).resolve().parent
EPOCH = "315532800"
"""1980-01-01, the earliest time that a zip can hold."""


def main(folder: Path) -> None:
    """Build and check all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in WHEELS:
        first, second = _wheel(name, folder), _wheel(name, Path(tempfile.mkdtemp()))
        if _digest(first) != _digest(second):
            raise SystemExit(f"{first.name}: differs from build to build")
        _check_symbols(first, PLATFORMS[name].library)
        print(f"{first.name}: {first.stat().st_size:,} bytes, sha256 {_digest(first)}", flush=True)
    for name in ("musl-x86_64", "musl-aarch64", "musl-armv7"):
        program = build_program(ROOT, folder / name, name)
        print(f"{program.relative_to(folder)}: {program.stat().st_size:,} bytes", flush=True)
    for module in build_wasm(ROOT, folder):
        print(f"{module.name}: {module.stat().st_size:,} bytes")


def _wheel(name: str, folder: Path) -> Path:
    environment = os.environ | {PLATFORM_VARIABLE: name, "SOURCE_DATE_EPOCH": EPOCH}
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return next(folder.glob(f"*{PLATFORMS[name].tag}.whl"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_symbols(wheel: Path, library: str) -> None:
    """All functions of the header stand in the library, by name."""
    header = (ROOT / "include" / "tallygate.h").read_text("utf-8")
    names = set(re.findall(r"TG_API [\w ]+[ *](tg_\w+)\(", header))
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(f"tallygate_native/{library}")
    missing = sorted(name for name in names if name.encode("ascii") not in data)
    if missing:
        raise SystemExit(f"{wheel.name}: {library} lacks {', '.join(missing)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
