"""The examples in C and Rust, as their users build them: the same answers as Python's on the shared golden files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tallygate.runtime.engines.integer import read_image
from tests.shared.make import FOLDER, MODELS

ROOT = Path(__file__).parents[2]
NATIVE, EXAMPLES = ROOT / "runtime" / "tallygate-native", ROOT / "examples"
INSTALL = [sys.executable, str(NATIVE / "installing.py")]
EMULATED = {"aarch64": ["qemu-aarch64"], "arm": ["qemu-arm"]}


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")


def run(*command: str | Path, folder: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, text=True, env=os.environ | environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows_of(model: str) -> list[dict[str, Any]]:
    """The golden texts that are one line."""
    rows = json.loads((FOLDER / f"{model}.json").read_text("ascii"))["rows"]
    rows = [row for row in rows if not {"\n", "\r"} & set(row["text"])]
    assert len(rows) >= 15
    return rows


def check_answers(*program: str | Path) -> None:
    """A line in, a label and its score out: as in the golden files, whose scores are Python's."""
    for model in MODELS:
        image = FOLDER / f"{model}.integer.bin"
        labels = read_image(image.read_bytes(), model).labels
        rows = rows_of(model)
        texts = "".join(row["text"] + "\n" for row in rows).encode()
        done = subprocess.run([*map(str, program), str(image)], input=texts, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")
        answers = [line.split("\t") for line in done.stdout.decode().splitlines()]
        assert [label for label, _ in answers] == [labels[int(np.argmax(row["scores"]))] for row in rows]
        np.testing.assert_allclose([float(score) for _, score in answers], [max(row["scores"]) for row in rows], 1e-12)


def check_refusals(*program: str | Path) -> None:
    """One line and exit code 2 for what is no image, and for a text that is not UTF-8."""
    image = FOLDER / f"{next(iter(MODELS))}.integer.bin"
    for path, text, words in ((Path(__file__), b"good\n", b"device image"), (image, b"good\n\xff\n", b"UTF-8")):
        done = subprocess.run([*map(str, program), str(path)], input=text, capture_output=True)
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1
        assert words in done.stderr


@pytest.fixture(scope="module")
def library() -> Path:
    """The folder of the library that Python itself uses."""
    native = pytest.importorskip("tallygate_native", reason="needs the C core: make setup")
    path: Path = native.library_path()
    return path.parent


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``installing.py`` writes, moved elsewhere afterwards: nothing in it may name a place."""
    if find_spec("ziglang") is None:
        pytest.skip("needs ziglang")
    folder = tmp_path_factory.mktemp("prefix")
    run(*INSTALL, folder / "first")
    return Path(shutil.move(folder / "first", folder / "moved"))


def copied(example: str, folder: Path) -> Path:
    """The example alone, away from the sources."""
    copy = folder / example
    shutil.copytree(EXAMPLES / example, copy, ignore=shutil.ignore_patterns("build"))
    return copy


def test_c_against_the_library_that_python_uses(library: Path, tmp_path: Path) -> None:
    needs("cc")
    source, program = EXAMPLES / "c" / "classify.c", tmp_path / "classify"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", f"-Wl,-rpath,{library}"]
    run("cc", *flags, "-o", program, source, f"-I{NATIVE / 'include'}", f"-L{library}", "-ltallygate", "-lm")
    check_answers(program)
    check_refusals(program)


def test_rust_against_the_library_that_python_uses(library: Path, tmp_path: Path) -> None:
    needs("rustc")
    program = tmp_path / "classify"
    flags = ["-O", "-D", "warnings", "-L", library, "-l", "tallygate", "-C", f"link-arg=-Wl,-rpath,{library}"]
    run("rustc", *flags, "-o", program, EXAMPLES / "rust" / "classify.rs")
    check_answers(program)
    check_refusals(program)


def test_the_examples_are_short() -> None:
    assert len((EXAMPLES / "c" / "classify.c").read_text("utf-8").splitlines()) <= 45
    assert len((EXAMPLES / "rust" / "classify.rs").read_text("utf-8").splitlines()) <= 58


@pytest.mark.slow
def test_c_by_pkg_config(prefix: Path, tmp_path: Path) -> None:
    needs("cc", "make", "pkg-config")
    folder = copied("c", tmp_path)
    (folder / "build").mkdir()
    run("make", f"PREFIX={prefix}", "CC=cc", folder=folder)
    check_answers(folder / "build" / "classify")
    paths = str(prefix / "lib" / "pkgconfig")
    version = run(sys.executable, "-c", "import installing; print(installing.version())", folder=NATIVE)
    assert run("pkg-config", "--modversion", "tallygate", PKG_CONFIG_PATH=paths) == version


@pytest.mark.slow
def test_c_by_cmake(prefix: Path, tmp_path: Path) -> None:
    needs("cc", "cmake")
    folder = copied("c", tmp_path)
    run("cmake", "-B", "build/cmake", f"-DCMAKE_PREFIX_PATH={prefix}", folder=folder)
    run("cmake", "--build", "build/cmake", folder=folder)
    for program in ("classify", "classify-static"):
        check_answers(folder / "build" / "cmake" / program)


@pytest.mark.slow
@pytest.mark.parametrize(("wanted", "found"), [("0.1", True), ("0.1.0", True), ("0.2", False), ("1.0", False)])
def test_cmake_takes_its_own_minor_version_only(prefix: Path, tmp_path: Path, wanted: str, found: bool) -> None:
    needs("cmake")
    lines = ["cmake_minimum_required(VERSION 3.16)", "project(asking NONE)", f"find_package(tallygate {wanted})"]
    lines += ["message(STATUS found=${tallygate_FOUND})"]
    (tmp_path / "CMakeLists.txt").write_text("\n".join(lines))
    told = run("cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}", folder=tmp_path)
    assert f"found={int(found)}" in told


@pytest.mark.slow
@pytest.mark.parametrize("target", EMULATED)
def test_c_for_a_small_board(target: str, tmp_path: Path) -> None:
    """By ``zig cc``, static, and run by qemu."""
    needs("make", *EMULATED[target])
    if find_spec("ziglang") is None:
        pytest.skip("needs ziglang")
    folder = copied("c", tmp_path)
    run("make", target, f"PYTHON={sys.executable}", f"INSTALL={' '.join(INSTALL)}", folder=folder)
    check_answers(*EMULATED[target], folder / "build" / target / "classify")


@pytest.mark.slow
def test_rust_with_the_static_library(prefix: Path, tmp_path: Path) -> None:
    needs("rustc")
    program = tmp_path / "classify"
    source = EXAMPLES / "rust" / "classify.rs"
    run("rustc", "-O", "-L", prefix / "lib", "-l", "static=tallygate", "-o", program, source)
    check_answers(program)


@pytest.mark.slow
def test_the_installed_program_answers_and_has_its_page(prefix: Path) -> None:
    assert "scalar\n" in run(prefix / "bin" / "tallygate-run", "--kernels")
    for model in MODELS:
        rows = rows_of(model)
        texts = "".join(row["text"] + "\n" for row in rows).encode()
        command = [prefix / "bin" / "tallygate-run", "--json", FOLDER / f"{model}.integer.bin"]
        answers = subprocess.run(command, input=texts, capture_output=True, check=True).stdout.splitlines()
        found = [[*json.loads(answer)["probabilities"].values()] for answer in answers]
        np.testing.assert_allclose(found, [row["scores"] for row in rows], atol=1e-12)
    page = prefix / "share" / "man" / "man1" / "tallygate-run.1"
    assert page.read_bytes() == (NATIVE / "man" / "tallygate-run.1").read_bytes()


def test_a_platform_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run([*INSTALL, str(tmp_path / "p"), "pdp-11"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("pdp-11: is neither one of linux-x86_64")
    assert not (tmp_path / "p").exists()
