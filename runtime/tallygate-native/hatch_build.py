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
        wasm = root / "web" / "wasm" if version == "editable" else folder / "wasm"
        modules = build_wasm(root, wasm)
        build_data["tag"] = f"py3-none-{platform.tag}"
        build_data["pure_python"] = False
        build_data["force_include"][str(library)] = f"tallygate_native/{library.name}"
        for module in modules:
            build_data["force_include"][str(module)] = f"tallygate_native/web/wasm/{module.name}"
