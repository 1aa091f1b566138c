"""The C programs of the core under sanitizers: changed images, random texts, ids, streams and steps end in no fault.

zig's UBSan is always there; ASan and TSan are where gcc or clang bring them. A program that a sanitizer must stop says
first that it works at all.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.native.conftest import make_image

NATIVE = Path(__file__).parents[2] / "runtime" / "tallygate-native"
SECONDS, LONG = 2, 120
STOP = "-fno-sanitize-recover=all"
FAULTS = {
    "undefined": "int main(int n, char **a) { int x = 2147483647; (void)a; return x + n > 0; }",
    "address": "#include <stdlib.h>\nint main(int n, char **a) { (void)a; return ((volatile char *)malloc(1))[n]; }",
    "thread": """#include <pthread.h>
static int x;
static void *run(void *p) { for (int i = 0; i < 1000; i++) x++; return p; }
int main(void) { pthread_t t; pthread_create(&t, 0, run, 0); run(0); pthread_join(t, 0); return 0; }""",
}
"""By sanitizer: a program that it must stop."""
SHAPES = {
    "one layer": {"hidden": 36},
    "two layers, both directions": {"hidden": 20, "layers": 2, "directions": 2, "outputs": 3, "pooling": "max"},
}


def compilers() -> dict[str, list[str]]:
    """Those that are here, by name."""
    zig = [sys.executable, "-m", "ziglang", "cc"] if find_spec("ziglang") else None
    installed = {name: [name] for name in ("gcc", "clang") if shutil.which(name)}
    return installed | ({"zig": zig} if zig else {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sanitized")


def sanitized(compiler: str, sanitizers: str, folder: Path) -> list[str]:
    """The compiler's command with ``sanitizers``, each proved to stop a faulty program; else the test is skipped."""
    if compiler not in compilers():
        pytest.skip(f"needs {compiler}")
    command = [*compilers()[compiler], f"-fsanitize={sanitizers}", STOP]
    for sanitizer in sanitizers.split(","):
        source, program = folder / f"{sanitizer}.c", folder / f"fault-{compiler}-{sanitizer}"
        source.write_text(FAULTS[sanitizer], "ascii")
        built = subprocess.run([*command, "-pthread", str(source), "-o", str(program)], capture_output=True, text=True)
        if built.returncode:
            pytest.skip(f"{compiler} has no {sanitizer} sanitizer here: {built.stderr.strip().splitlines()[0]}")
        if subprocess.run([program], capture_output=True).returncode == 0:
            pytest.skip(f"{compiler}'s {sanitizer} sanitizer does not stop a faulty program here")
    return command


def built(name: str, compiler: str, sanitizers: str, folder: Path) -> Path:
    """A program of the core's tests."""
    program = folder / f"{compiler}-{sanitizers}" / name
    if not program.exists():
        command = shlex.join(sanitized(compiler, sanitizers, folder))
        arguments = [sys.executable, str(NATIVE / "compiling.py"), "test", name, str(program.parent)]
        done = subprocess.run(
            arguments, env=os.environ | {"TALLYGATE_NATIVE_CC": command}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    return program


def image_file(folder: Path, shape: str) -> Path:
    path = folder / f"{shape}.bin"
    path.write_bytes(make_image(**SHAPES[shape]))
    return path


def attack(program: Path, image: Path, seconds: int, seed: int) -> None:
    done = subprocess.run([program, image, str(seconds), str(seed)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "accepted" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("compiler", "sanitizers"), [("zig", "undefined"), ("gcc", "address,undefined")])
def test_attacks_end_in_no_fault(compiler: str, sanitizers: str, shape: str, folder: Path) -> None:
    attack(built("attack", compiler, sanitizers, folder), image_file(folder, shape), SECONDS, seed=7)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_long_attacks_end_in_no_fault(compiler: str, shape: str, folder: Path) -> None:
    attack(built("attack", compiler, "address,undefined", folder), image_file(folder, shape), LONG, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_threads_that_share_a_model_never_race(compiler: str, folder: Path) -> None:
    """Nor do their streams, which agree with the whole texts: ``threads.c``."""
    program = built("threads", compiler, "thread", folder)
    for shape in SHAPES:
        done = subprocess.run([program, image_file(folder, shape)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
