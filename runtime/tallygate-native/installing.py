"""``python installing.py PREFIX [PLATFORM]``: what C and other languages need, laid out as pkg-config, CMake and man
look for it: ``include``, ``lib``, ``bin``, ``share/man``. The prefix may be moved: nothing in it names a place.

PLATFORM is one of ``compiling.PLATFORMS``, or a target of zig's; by default this machine.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from compiling import PLATFORMS, build_archive, build_library, build_program, platform_of, this_platform

ROOT = Path(__file__).resolve().parent
_TEMPLATES = {
    "tallygate.pc.in": "lib/pkgconfig",
    "tallygate-config.cmake.in": "lib/cmake/tallygate",
    "tallygate-config-version.cmake.in": "lib/cmake/tallygate",
}


def install(prefix: Path, name: str) -> list[Path]:
    """Build for the platform ``name``, write all below ``prefix``, and return the files."""
    values = {"VERSION": version(), "LIBRARY": platform_of(name).library}
    made = [build_library(ROOT, prefix / "lib", name), build_archive(ROOT, prefix / "lib", name)]
    made.append(build_program(ROOT, prefix / "bin", name))
    made.append(_copied(ROOT / "include" / "tallygate.h", prefix / "include"))
    made.append(_copied(ROOT / "man" / "tallygate-run.1", prefix / "share" / "man" / "man1"))
    return made + [_filled(template, prefix / place, values) for template, place in _TEMPLATES.items()]


def version() -> str:
    """Of this distribution."""
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def _copied(source: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, folder / source.name))


def _filled(template: str, folder: Path, values: dict[str, str]) -> Path:
    text = (ROOT / "packaging" / template).read_text("ascii")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / template.removesuffix(".in")
    path.write_text(text, encoding="ascii", newline="\n")
    return path


def main(arguments: Sequence[str]) -> None:
    """See the head of this file."""
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        raise SystemExit(f"usage: python installing.py PREFIX [PLATFORM]; platforms: {', '.join(PLATFORMS)}")
    name = arguments[1] if len(arguments) > 1 else this_platform()
    for path in install(Path(arguments[0]), name):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
