"""The same bits on processors that are not here: ARM under qemu, WebAssembly in node, built with ziglang.

Each program answers the golden texts of an image first, alone and together, and refuses to serve where a bit differs:
so images with many goldens are the test.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.engines.integer.image import read_image
from tests.native.cases import BATCHES, FORMS, HIDDEN_SIZES, POOLINGS, case, write_cases
from tests.native.conftest import make_image, specified
from tests.native.test_all_texts import SHIPPED
from tests.shared.make_streams import GOLDENS, IMAGE

REVIEWS = 200
ROOT = Path(__file__).parents[2] / "runtime" / "tallygate-native"
SHAPES = {
    "one layer": {"hidden": 36},
    "two layers, both directions": {"hidden": 20, "layers": 2, "directions": 2, "outputs": 6, "pooling": "max"},
    "the last, through tanh": {"hidden": 9, "pooling": "last", "activation": "tanh"},
    "wide": {"hidden": 100, "formats": (8, 10), "pooling_floor": 25},
}
PROGRAMS = {
    "musl-aarch64": ("qemu-aarch64", ["neondot", "neon", "scalar"]),
    "musl-armv7": ("qemu-arm", ["scalar"]),
}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("ziglang") is None, reason="needs ziglang")]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("built")


def compiled(folder: Path, *arguments: str, platform: str = "") -> None:
    command = [sys.executable, str(ROOT / "compiling.py"), *arguments, str(folder), *platform.split()]
    subprocess.run(command, check=True, capture_output=True)


def image_file(folder: Path, shape: str) -> Path:
    path = folder / f"{shape.replace(' ', '-')}.bin"
    path.write_bytes(make_image(many_goldens=True, **SHAPES[shape]))
    return path


@pytest.fixture(scope="session")
def program(built: Path, request: pytest.FixtureRequest) -> Path:
    name = request.param
    if shutil.which(PROGRAMS[name][0]) is None:
        pytest.skip(f"needs {PROGRAMS[name][0]}")
    compiled(built / name, "program", name)
    return built / name / "tallygate-run"


CASES = [(name, kernel) for name, (_, kernels) in PROGRAMS.items() for kernel in kernels]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("program", "kernel"), CASES, indirect=["program"])
def test_an_emulated_processor_gives_the_same_bits(program: Path, kernel: str, shape: str, tmp_path: Path) -> None:
    emulator = PROGRAMS[program.parent.name][0]
    command = [emulator, "-cpu", "max", str(program), "--kernel", kernel, str(image_file(tmp_path, shape))]
    done = subprocess.run(command, input="good bad\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\t") == 1


@pytest.fixture(scope="session")
def equal(built: Path, request: pytest.FixtureRequest) -> Path:
    """``tests/equal.c`` for another processor."""
    name = request.param
    if shutil.which(PROGRAMS[name][0]) is None:
        pytest.skip(f"needs {PROGRAMS[name][0]}")
    compiled(built / name, "test", "equal", platform=name)
    return built / name / "equal"


def asked_of(kernel: str, form: str, hidden: int, pooling: str, folder: Path) -> list[str]:
    """Arguments for a program that compares; as many rows as an emulator answers in seconds."""
    costly = hidden * hidden * (9 if FORMS[form] else 1) * (8 if kernel == "scalar" else 1)
    asked = case(form, hidden, pooling, rows=BATCHES if costly < 1_000_000 else 5)
    (folder / "image.bin").write_bytes(asked.image)
    cases = write_cases(folder / "cases.bin", asked.rows, asked.logits)
    return [str(folder / "image.bin"), str(cases), kernel, str(BATCHES if costly < 10_000 else 3)]


@pytest.fixture(scope="session")
def reviews(imdb_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The shipped image, and 200 reviews of the test split that the specification answered, as files."""
    folder, bundle = tmp_path_factory.mktemp("reviews"), open_bundle(SHIPPED)
    image = bundle.read(bundle.manifest.variants[INTEGER].file)
    tokenizer = read_image(image, SHIPPED).tokenizer()
    texts = parquet.read_table(imdb_dir / "test.parquet", columns=["text"]).column("text").to_pylist()
    rows = [np.array(tokenizer.encode(text)) for text in texts[:: len(texts) // REVIEWS]]
    assert len(rows) == REVIEWS
    (folder / "image.bin").write_bytes(image)
    return [str(folder / "image.bin"), str(write_cases(folder / "cases.bin", rows, specified(image, rows)))]


@pytest.mark.imdb
@pytest.mark.parametrize(("equal", "kernel"), CASES, indirect=["equal"])
def test_an_emulated_processor_answers_reviews(equal: Path, kernel: str, reviews: list[str]) -> None:
    command = [PROGRAMS[equal.parent.name][0], "-cpu", "max", str(equal), *reviews, kernel]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr


@pytest.mark.imdb
@pytest.mark.parametrize("kernel", ["simd128", "scalar"])
def test_webassembly_answers_reviews(modules: Path, kernel: str, reviews: list[str]) -> None:
    script = Path(__file__).with_name("equal_in_node.mjs")
    command = ["node", "--no-warnings", str(script), str(modules / f"{kernel}.wasm"), *reviews, kernel]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr


COMBINATIONS = [(form, hidden, "mean") for form in FORMS for hidden in HIDDEN_SIZES]
COMBINATIONS += [(form, 33, pooling) for form in FORMS for pooling in POOLINGS if pooling != "mean"]


@pytest.mark.parametrize(("form", "hidden", "pooling"), COMBINATIONS)
@pytest.mark.parametrize(("equal", "kernel"), CASES, indirect=["equal"])
def test_an_emulated_processor_on_every_combination(
    equal: Path, kernel: str, form: str, hidden: int, pooling: str, tmp_path: Path
) -> None:
    """Rows of every length, together, in batches, and by two threads that share the model."""
    command = [
        PROGRAMS[equal.parent.name][0],
        "-cpu",
        "max",
        str(equal),
        *asked_of(kernel, form, hidden, pooling, tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr


@pytest.fixture(scope="session")
def modules(built: Path) -> Path:
    if shutil.which("node") is None:
        pytest.skip("needs node")
    compiled(built, "wasm")
    return built


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", ["simd128", "scalar"])
def test_webassembly_gives_the_same_bits(modules: Path, kernel: str, shape: str, tmp_path: Path) -> None:
    script, module = Path(__file__).with_name("check_in_node.mjs"), modules / f"{kernel}.wasm"
    command = ["node", "--no-warnings", str(script), str(module), str(image_file(tmp_path, shape)), kernel]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


@pytest.mark.parametrize(("form", "hidden", "pooling"), COMBINATIONS)
@pytest.mark.parametrize("kernel", ["simd128", "scalar"])
def test_webassembly_on_every_combination(
    modules: Path, kernel: str, form: str, hidden: int, pooling: str, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("equal_in_node.mjs")
    arguments = asked_of(kernel, form, hidden, pooling, tmp_path)
    command = ["node", "--no-warnings", str(script), str(modules / f"{kernel}.wasm"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr


@pytest.mark.parametrize("kernel", ["simd128", "scalar"])
def test_webassembly_reads_the_shared_streams(modules: Path, kernel: str) -> None:
    """And resumes each from its own state after every piece."""
    script, module = Path(__file__).with_name("streams_in_node.mjs"), modules / f"{kernel}.wasm"
    command = ["node", "--no-warnings", str(script), str(module), str(IMAGE), str(GOLDENS), kernel]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr
