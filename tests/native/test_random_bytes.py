"""100 kB of random bytes as image, text or ids: refused in one line, by Python, the C program and WebAssembly."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine
from tallygate.runtime.engines.integer.image import read_image
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.errors import BundleInvalidError, InputError
from tests.native.conftest import kernels, make_image
from tests.native.test_sanitizers import NATIVE

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

SIZE = 100_000
SEEDS = range(5)
ENGINES: list[Callable[[bytes], IntegerNumpyEngine | NativeEngine]] = [IntegerNumpyEngine, NativeEngine]


def noise(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(SIZE)


@pytest.mark.parametrize("seed", SEEDS)
def test_python_refuses_them_as_an_image(seed: int) -> None:
    for opened in (lambda: read_image(noise(seed), "an image"), lambda: NativeEngine(noise(seed))):
        with pytest.raises(BundleInvalidError) as caught:
            opened()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("width", [np.int32, np.int64])
@pytest.mark.parametrize("seed", SEEDS)
def test_python_refuses_them_as_ids(seed: int, width: type) -> None:
    image, ids = make_image(), np.frombuffer(noise(seed), width).astype(np.int64)
    rows = ids[: len(ids) // 40 * 40].reshape(-1, 40)
    with pytest.raises(InputError):
        IntegerNumpyEngine(image).run(rows, np.full(len(rows), 40))
    for kernel in kernels():
        with pytest.raises(InputError):
            NativeEngine(image, kernel).run(rows, np.full(len(rows), 40))


@pytest.mark.parametrize("id", [2**32, 2**32 + 5, -(2**32) + 5, 2**63 - 1])
def test_an_id_that_32_bits_do_not_hold_is_no_other_id(id: int) -> None:  # noqa: A002
    for make in ENGINES:
        with pytest.raises(InputError):
            make(make_image()).run(np.array([[2, id]]), np.array([2]))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("ziglang") is None:
        pytest.skip("needs ziglang")
    folder = tmp_path_factory.mktemp("program")
    command = [sys.executable, str(NATIVE / "compiling.py"), "program", "musl-x86_64", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "tallygate-run"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_c_program_refuses_them_as_an_image_and_as_text(program: Path, seed: int, tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(noise(seed))
    (tmp_path / "image.bin").write_bytes(make_image())
    for image, text, reason in (
        ("noise.bin", b"good\n", b"not a device image"),
        ("image.bin", noise(seed), b"not valid UTF-8"),
    ):
        done = subprocess.run([program, tmp_path / image], input=text, capture_output=True)
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1
        assert reason in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["simd128", "scalar"])
def test_webassembly_refuses_them_as_image_text_and_ids(kernel: str, tmp_path: Path) -> None:
    if shutil.which("node") is None or find_spec("ziglang") is None:
        pytest.skip("needs node and ziglang")
    subprocess.run([sys.executable, NATIVE / "compiling.py", "wasm", tmp_path], check=True, capture_output=True)
    (tmp_path / "image.bin").write_bytes(make_image())
    for seed in SEEDS:
        (tmp_path / "noise.bin").write_bytes(noise(seed))
        files = [tmp_path / f"{kernel}.wasm", tmp_path / "image.bin", tmp_path / "noise.bin"]
        script = Path(__file__).with_name("noise_in_node.mjs")
        done = subprocess.run(["node", "--no-warnings", script, *files, kernel], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr
