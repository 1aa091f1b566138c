"""What gcc, clang and zig make of the core: the same bits, no memory after opening, no state of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.integer.library import Library
from tallygate.runtime.engines.integer.native import NativeEngine
from tests.native.conftest import MAX_LENGTH, ROWS, answered, make_image, random_rows, specified
from tests.native.test_equality import SHAPES
from tests.native.test_sanitizers import NATIVE, compilers
from tests.native.test_tokenizer import TEXTS, tokenizer

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

pytestmark = pytest.mark.slow
SOME = ("hidden 8", "hidden 33", "hidden 100", "last", "max", "tanh", "six labels, two layers, both directions")
NAMES = ("gcc", "clang", "zig")
NEEDED = {"calloc", "free", "getauxval", "memcmp", "memcpy", "memset", "strcmp", "__aarch64_cas1_acq_rel"}
"""Functions of C, and one that clang's own runtime brings, which its linker always adds."""


def made(kind: str, *arguments: str, compiler: str = "") -> None:
    chosen = {"TALLYGATE_NATIVE_CC": shlex.join(compilers()[compiler])} if compiler else {}
    command = [sys.executable, str(NATIVE / "compiling.py"), kind, *arguments]
    done = subprocess.run(command, env=os.environ | chosen, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=NAMES)
def compiler(request: pytest.FixtureRequest) -> str:
    if request.param not in compilers():
        pytest.skip(f"needs {request.param}")
    return str(request.param)


@pytest.fixture(scope="module")
def library(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp(compiler)
    made("library", "linux-x86_64", str(folder), compiler=compiler)
    return Library(folder / "libtallygate.so")


def engines(library: Library, image: bytes) -> list[NativeEngine]:
    return [NativeEngine(image, kernel, library=library) for kernel in library.kernels()]


@pytest.mark.parametrize("shape", SOME)
def test_goldens_and_rows_are_the_specifications(library: Library, shape: str) -> None:
    image, rows = make_image(**SHAPES[shape]), random_rows(6, 100)
    expected = specified(image, rows)
    for engine in engines(library, image):
        engine.check_goldens()
        assert (answered(engine, rows) == expected).all(), engine.kernel


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=MAX_LENGTH), min_size=1, max_size=40))
def test_any_ids_are_answered_alike(library: Library, rows: list[list[int]]) -> None:
    image, arrays = make_image(hidden=36, outputs=3), [np.array(row) for row in rows]
    expected = specified(image, arrays)
    for engine in engines(library, image):
        assert (answered(engine, arrays) == expected).all(), engine.kernel


@settings(max_examples=1000, deadline=None)
@given(text=TEXTS)
def test_any_text_has_pythons_ids(library: Library, text: str) -> None:
    assert NativeEngine(make_image(), "scalar", library=library).encode(text) == tokenizer().encode(text)


@pytest.mark.parametrize("shape", ["hidden 36", "six labels, two layers, both directions"])
def test_no_memory_is_taken_after_opening_and_an_image_may_lie_at_any_multiple_of_8(
    compiler: str, shape: str, tmp_path: Path
) -> None:
    """``memory.c`` counts malloc; an odd address is refused, and the image is never written to."""
    made("test", "memory", str(tmp_path), compiler=compiler)
    (tmp_path / "image.bin").write_bytes(make_image(**SHAPES[shape]))
    done = subprocess.run([tmp_path / "memory", tmp_path / "image.bin"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "good\n", "")


def test_the_core_has_no_state_and_few_needs(tmp_path: Path) -> None:
    """No object has a byte that can be written to: pointers to constants are set by the loader, and closed then."""
    if shutil.which("readelf") is None or "zig" not in compilers():
        pytest.skip("needs readelf and zig")
    made("archive", "android-arm64", str(tmp_path))
    archive = tmp_path / "libtallygate.a"
    told = subprocess.run(["readelf", "-SW", archive], capture_output=True, text=True, check=True).stdout
    sections = re.findall(r"\] (\.(?:data|bss|tdata|tbss)\S*)\s+\S+\s+\S+ \S+ (\S+)", told)
    assert [(name, size) for name, size in sections if int(size, 16) and not name.startswith(".data.rel.ro")] == []
    symbols = subprocess.run(["readelf", "-sW", archive], capture_output=True, text=True, check=True).stdout
    assert "tg_open" in symbols
    undefined = set(re.findall(r" UND (\w+)", symbols))
    assert {name for name in undefined if not name.startswith("tg_")} <= NEEDED


def test_archives_for_systems_of_other_makers(tmp_path: Path) -> None:
    """Objects for Android and iOS, for whoever has their C libraries to link them."""
    if "zig" not in compilers():
        pytest.skip("needs zig")
    for name, magic in (("android-arm64", b"\x7fELF"), ("ios-arm64", b"\xcf\xfa\xed\xfe")):
        made("archive", name, str(tmp_path / name))
        data = (tmp_path / name / "libtallygate.a").read_bytes()
        assert data.startswith(b"!<arch>\n")
        assert data.count(magic) >= len(list((NATIVE / "src").glob("*.c")))


def test_a_big_endian_processor_refuses_in_one_line(tmp_path: Path) -> None:
    if shutil.which("qemu-s390x") is None or "zig" not in compilers():
        pytest.skip("needs qemu-s390x and zig")
    made("program", "s390x-linux-musl", str(tmp_path))
    (tmp_path / "image.bin").write_bytes(make_image())
    command = ["qemu-s390x", tmp_path / "tallygate-run", tmp_path / "image.bin"]
    done = subprocess.run(command, input="good\n", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "big-endian" in done.stderr
