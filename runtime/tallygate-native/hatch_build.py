"""Compiles the library into the wheel, which serves every Python on its platform: py3-none-PLATFORM."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from compiling import PLATFORM_VARIABLE, PLATFORMS, build_library, build_wasm, this_platform


class CustomBuildHook(BuildHookInterface):
    """Called by hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile for the platform that ``TALLYGATE_NATIVE_PLATFORM`` names, or for this one."""
        if self.target_name != "wheel":
            return
        name = os.environ.get(PLATFORM_VARIABLE) or this_platform()
        platform = PLATFORMS[name]
        root = Path(self.root)
        # An editable installation reads the package where it lies; so that is where the library goes.
        folder = root / "tallygate_native" if version == "editable" else root / "build" / name
        library = build_library(root, folder, name)
        build_data["tag"] = f"py3-none-{platform.tag}"
        build_data["pure_python"] = False
        web = _web(root, root / "web" / "wasm" if version == "editable" else folder / "wasm")
        if version != "editable":
            included = {library: library.name, **web}
            build_data["force_include"] |= {str(path): f"tallygate_native/{place}" for path, place in included.items()}


def _web(root: Path, wasm: Path) -> dict[Path, str]:
    """What ``tallygate page`` needs, and where it stands in the package."""
    modules = build_wasm(root, wasm)
    web = root / "web"
    sources = [web / "tallygate.js", *sorted((web / "src").iterdir()), *sorted((web / "page").iterdir())]
    return {path: path.relative_to(root).as_posix() for path in sources} | {
        module: f"web/wasm/{module.name}" for module in modules
    }
