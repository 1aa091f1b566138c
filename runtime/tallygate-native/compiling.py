"""Compiles the C core for a platform, by default with the compiler that the package ``ziglang`` brings.

``python compiling.py library PLATFORM FOLDER``, and so ``program`` and ``archive``; ``python compiling.py test NAME
FOLDER [PLATFORM]``; ``python compiling.py wasm [FOLDER]``, by default where the JavaScript looks for it. PLATFORM is a
name of the list below, or any target that zig knows. A kernel's
file alone gets the flags of its instruction set, so no other code can use what a processor may not have.
``TALLYGATE_NATIVE_CC`` names another compiler, for this machine only.
"""

from __future__ import annotations

import base64
import os
import platform as machine
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # a build runs this file from anywhere

from unicode_header import unicode_header

PLATFORM_VARIABLE = "TALLYGATE_NATIVE_PLATFORM"
COMPILER_VARIABLE = "TALLYGATE_NATIVE_CC"
# The head ends with three double operations: fusing two of them would round once where they round twice.
COMMON = ["-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-fvisibility=hidden", "-g0",
          "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables"]  # fmt: skip
_WIDE = ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni"]
X86_KERNELS = {
    "sse41": ["-msse4.1"],
    "avx2": ["-mavx2"],
    "avxvnni": ["-mavx2", "-mavxvnni"],
    "avx512vnni": _WIDE,
    "amx": [*_WIDE, "-mamx-tile", "-mamx-int8"],
}
KERNELS = {
    "x86_64": X86_KERNELS,
    "aarch64": {"neon": [], "neondot": ["-mcpu=generic+dotprod"]},
    "wasm32": {"simd128": ["-msimd128"]},
}
"""By architecture: kernel files beside the scalar one, and their flags."""
SMALL = {"image", "model", "pack", "stream", "stream_state", "stream_text", "trace", "unicode", "worker"}
"""Files whose loops are short or run once: compiled for size."""
DEFINES = {"x86_64": "-DTG_X86", "aarch64": "-DTG_NEON", "wasm32": "-DTG_SIMD128"}


@dataclass(frozen=True)
class Platform:
    """What a library is built for."""

    target: str
    """For ``zig cc -target``."""
    tag: str
    """Platform tag of the wheel."""
    library: str = "libtallygate.so"
    only_scalar: bool = False
    """Whether it has no kernel beside the scalar one."""

    @property
    def architecture(self) -> str:
        """First part of the target."""
        return self.target.split("-")[0]

    @property
    def is_windows(self) -> bool:
        """Whether position-independent code is not a flag."""
        return "windows" in self.target

    @property
    def kernels(self) -> dict[str, list[str]]:
        """Kernel files beside the scalar one, and their flags."""
        return {} if self.only_scalar else KERNELS.get(self.architecture, {})


PLATFORMS = {
    "linux-x86_64": Platform("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64"),
    "linux-aarch64": Platform("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64"),
    "musl-x86_64": Platform("x86_64-linux-musl", "musllinux_1_1_x86_64"),
    "musl-aarch64": Platform("aarch64-linux-musl", "musllinux_1_1_aarch64"),
    "musl-armv7": Platform("arm-linux-musleabihf", "musllinux_1_1_armv7l"),
    "macos-x86_64": Platform("x86_64-macos.11.0", "macosx_11_0_x86_64", "libtallygate.dylib"),
    "macos-arm64": Platform("aarch64-macos.11.0", "macosx_11_0_arm64", "libtallygate.dylib"),
    "windows-x86_64": Platform("x86_64-windows-gnu", "win_amd64", "tallygate.dll"),
    "windows-arm64": Platform("aarch64-windows-gnu", "win_arm64", "tallygate.dll"),
}
ARCHIVES = {"android-arm64": Platform("aarch64-linux-android", "none"), "ios-arm64": Platform("aarch64-ios", "none")}
"""Systems whose C library is their makers' alone: objects are made here, and linked by whoever has it."""
HEADERS = {"android": ("aarch64-linux-musl", "generic-musl"), "ios": ("any-darwin-any",)}
"""Folders of zig's that declare the dozen functions of C which are called, as those systems have them."""
_WASM = (
    Platform("wasm32-wasi", "none", "simd128.wasm"),
    Platform("wasm32-wasi", "none", "scalar.wasm", only_scalar=True),
)
WHEELS = [name for name in PLATFORMS if name != "musl-armv7"]
"""What wheels are made for; a 32-bit ARM has the program, and C in its own build."""


def platform_of(name: str) -> Platform:
    """The platform of that name, or one for a target of zig's."""
    found = PLATFORMS.get(name) or ARCHIVES.get(name)
    if found is None and name.count("-") < 2:
        raise SystemExit(
            f"{name}: is neither one of {', '.join((*PLATFORMS, *ARCHIVES))} nor a target such as riscv64-linux-musl"
        )
    return found or Platform(name, "none")


def this_platform() -> str:
    """Name of the platform that this Python runs on."""
    architecture = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine.machine().lower(), machine.machine().lower())
    if sys.platform == "darwin":
        return "macos-x86_64" if architecture == "x86_64" else "macos-arm64"
    if sys.platform == "win32":
        return "windows-x86_64" if architecture == "x86_64" else "windows-arm64"
    libc = "linux" if machine.libc_ver()[0] == "glibc" else "musl"
    name = f"{libc}-{architecture}"
    if name not in PLATFORMS:
        raise SystemExit(f"{name}: is no platform that is built; everything runs without this package, by numpy")
    return name


def build_library(root: Path, folder: Path, name: str) -> Path:
    """Compile the shared library of the platform ``name`` into ``folder``, and return it."""
    platform = platform_of(name)
    library = folder / platform.library
    _build(root, platform, library, _sources(root), _shared_flags(platform))
    for other in folder.glob("*"):
        if other.suffix in (".pdb", ".lib"):
            other.unlink()
    return library


def build_program(root: Path, folder: Path, name: str) -> Path:
    """Compile ``tallygate-run`` for the platform ``name``: static where the C library is musl."""
    platform = platform_of(name)
    program = folder / ("tallygate-run.exe" if platform.is_windows else "tallygate-run")
    static = ["-static"] if "musl" in name else []
    _build(
        root,
        platform,
        program,
        [*_sources(root), root / "cli" / "tallygate_run.c"],
        ["-s", *static, *_without_unused(platform)],
    )
    return program


def build_test(root: Path, folder: Path, name: str, platform: str | None = None) -> Path:
    """Compile the program ``name`` of ``tests``: for this machine, with the compiler and the sanitizers that
    ``TALLYGATE_NATIVE_CC`` names, or for another platform.
    """
    source, program = root / "tests" / f"{name}.c", folder / name
    chosen = platform or this_platform()
    static = ["-static"] if "musl" in chosen else []
    wrapped = [f"-Wl,--wrap={function}" for function in ("malloc", "calloc", "realloc")] if name == "memory" else []
    _build(root, platform_of(chosen), program, [*_sources(root), source], ["-pthread", *static, *wrapped])
    return program


def build_archive(root: Path, folder: Path, name: str) -> Path:
    """Compile a static library, ``libtallygate.a``: nothing of the system's own is linked."""
    archive = folder / "libtallygate.a"
    _build(root, platform_of(name), archive, _sources(root), None)
    return archive


def build_wasm(root: Path, folder: Path) -> list[Path]:
    """Compile the WebAssembly modules into ``folder``: no main, exported functions only.

    One instruction that a browser does not know makes a whole module invalid, so the scalar kernel has one of its own.
    Beside each lies a JavaScript module that holds it, which bundlers, browsers and servers load alike.
    """
    return [_build_module(root, folder, platform) for platform in _WASM]


def _build_module(root: Path, folder: Path, platform: Platform) -> Path:
    functions = (root / "include" / "tallygate.h").read_text("utf-8")
    names = [*re.findall(r"TG_API [\w ]+[ *](tg_\w+)\(", functions), "malloc", "free"]
    exports = [f"-Wl,--export={name}" for name in names]
    module = folder / platform.library
    _build(root, platform, module, _sources(root), ["-s", "-mexec-model=reactor", "-Wl,--gc-sections", *exports])
    text = base64.b64encode(module.read_bytes()).decode("ascii")
    source = f'/** WebAssembly of the C core, made by compiling.py. */\nexport const WASM =\n  "{text}";\n'
    module.with_suffix(".js").write_text(source, encoding="ascii")
    return module


def _shared_flags(platform: Platform) -> list[str]:
    flags = ["-shared", "-s", *_without_unused(platform)]
    if "macos" in platform.target:
        return [*flags, f"-Wl,-install_name,@rpath/{platform.library}"]
    # For Windows zig links helpers of its own, which are made as small as this says.
    return [*flags, "-Os"] if platform.is_windows else [*flags, "-Wl,--build-id=none"]


def _without_unused(platform: Platform) -> list[str]:
    return ["-Wl,-dead_strip"] if "macos" in platform.target else ["-Wl,--gc-sections"]


def _sources(root: Path) -> list[Path]:
    return [*sorted((root / "src").glob("*.c")), root / "kernels" / "scalar.c"]


def _build(root: Path, platform: Platform, result: Path, sources: Sequence[Path], link: Sequence[str] | None) -> None:
    result.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_unicode_data(root, folder / "unicode_data.h")
        objects = [_compile(root, platform, source, folder, []) for source in sources]
        for kernel, flags in platform.kernels.items():
            objects.append(_compile(root, platform, root / "kernels" / f"{kernel}.c", folder, flags))
        # Relative names: a linker may write the names of its inputs into its output.
        names, whole = [o.name for o in objects], str(result.resolve())
        if link is None:
            result.unlink(missing_ok=True)
            _run([sys.executable, "-m", "ziglang", "ar", "rcsD", whole, *names], folder)
        else:
            _run([*_compiler(platform), *link, "-o", whole, *names, *_libraries(platform)], folder)


def _libraries(platform: Platform) -> list[str]:
    return [] if platform.is_windows else ["-lm"]


def _compile(root: Path, platform: Platform, source: Path, folder: Path, flags: Sequence[str]) -> Path:
    define = [DEFINES[platform.architecture]] if platform.kernels else []
    position = [] if platform.is_windows else ["-fPIC"]
    includes = ["-I", "include", "-I", "src", "-I", str(folder)]
    result = folder / f"{source.parent.name}_{source.stem}.o"
    size = ["-Os"] if source.stem in SMALL else []
    command = [*_compiler(platform), *COMMON, *size, *flags, *define, *position, *includes]
    _run([*command, "-c", str(source.relative_to(root)), "-o", str(result)], root)
    return result


def _compiler(platform: Platform) -> list[str]:
    if chosen := os.environ.get(COMPILER_VARIABLE):
        return shlex.split(chosen)
    system = platform.target.split("-")[-1]
    flags = [f"-isystem{_zig_headers() / folder}" for folder in HEADERS.get(system, ())]
    return [sys.executable, "-m", "ziglang", "cc", "-target", platform.target, *flags]


def _zig_headers() -> Path:
    import ziglang

    return Path(ziglang.__file__).parent / "lib" / "libc" / "include"


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}: failed\n{done.stderr}")


def write_unicode_data(root: Path, path: Path) -> None:
    """The tables of ``unicode17.bin`` as C arrays."""
    near, far = root / "unicode17.bin", root.parent / "tallygate" / "runtime" / "unicode" / "unicode17.bin"
    path.write_text(unicode_header((near if near.exists() else far).read_bytes()), encoding="ascii")


def main(arguments: Sequence[str]) -> None:
    """See the head of this file."""
    root = Path(__file__).resolve().parent
    kind, *rest = arguments
    if kind == "wasm":
        made = build_wasm(root, Path(rest[0]) if rest else root / "web" / "wasm")
    elif kind == "test":
        made = [build_test(root, Path(rest[1]), rest[0], *rest[2:])]
    else:
        build = {"library": build_library, "program": build_program, "archive": build_archive}[kind]
        made = [build(root, Path(rest[1]), rest[0])]
    for file in made:
        print(f"{file}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
