"""A kernel that parts from the specification: the first token, layer, direction and gate are told, and they are right.

A kernel on an altered image is a kernel with a fault, which the specification of the unaltered one is held against; and
there are kernels that were compiled from altered sources.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.runtime.cli import main
from tallygate.runtime.engines.integer import native
from tallygate.runtime.engines.integer.image import read_image
from tallygate.runtime.engines.integer.library import Library
from tallygate.runtime.engines.integer.lstm import IntegerLSTM
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.engines.integer.parting import Walk, first_parting, walks
from tallygate.runtime.errors import GateError
from tests.export.conftest import make_checkpoint
from tests.native.conftest import kernels, make_image
from tests.native.test_image import array

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

NATIVE = Path(__file__).parents[2] / "runtime" / "tallygate-native"
HIDDEN, DEEP = 36, {"hidden": 36, "layers": 2, "directions": 2}
GATES = {"input gate": 0, "output gate": 1, "forget gate": 2, "candidate": 3}
IDS = np.array([3, 9, 5, 5, 17, 2, 40, 11, 6])
WIDTHS = {1: HIDDEN, 2: 3 * HIDDEN}
"""Width of a product, by layer."""


def told(kernel: str, image: bytes, change: Callable[[bytes], bytes]) -> str:
    """Where ``kernel`` on the changed image parts from the specification of the image."""
    with NativeEngine(change(image), kernel).steps() as steps:
        return str(first_parting(steps, IntegerLSTM(read_image(image, "").model), IDS))


@pytest.mark.parametrize("kernel", kernels())
@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("unit", [3, 35], ids=["in a block", "in the tail"])
@pytest.mark.parametrize(("layer", "direction"), [(1, "forward"), (1, "backward"), (2, "forward"), (2, "backward")])
def test_a_wrong_weight_is_found(kernel: str, gate: str, unit: int, layer: int, direction: str) -> None:
    """The first step at which two specifications differ, without any kernel, is what must be told."""
    image, place = make_image(**DEEP), (layer - 1, int(direction == "backward"))
    right = walk_of(image, *place)
    row, column = GATES[gate] * HIDDEN + unit, WIDTHS[layer] - HIDDEN + int(np.abs(right.codes[1].astype(int)).argmax())
    offset = row * WIDTHS[layer] + column
    weights = read_image(image, "").model.layers[place[0]][place[1]].weights[row]
    # The farthest that the pair bound lets it go: an image beyond it is for other kernels than AVX2's.
    room = 127 - abs(int(weights[column ^ 1]))
    change = array(f"lstm.{place[0]}.{place[1]}.weights", "b", -room if weights[column] > 0 else room, offset)
    wrong = walk_of(change(image), *place)
    differs = ((right.cells != wrong.cells) | (right.codes != wrong.codes)).any(axis=1)
    token = right.places[differs.argmax() - 1] + 1
    assert not differs[:2].any(), "own codes are zero in the first step"
    assert told(kernel, image, change) == f"token {token} of {len(IDS)}, layer {layer} {direction}, {gate}"


def walk_of(image: bytes, layer: int, direction: int) -> Walk:
    """What the specification does in one direction of one layer."""
    every = walks(IntegerLSTM(read_image(image, "").model), IDS)
    return next(walk for walk in every if (walk.layer, walk.direction) == (layer, direction))


@pytest.mark.parametrize("kernel", kernels())
def test_a_wrong_word_is_found_where_it_first_stands(kernel: str) -> None:
    image = make_image(hidden=36)
    code = int(read_image(image, "").model.embedding[17, 0])
    change = array("embedding", "h", -code - 9000 if code > 0 else 9000 - code, 17 * 5 * 2)
    assert told(kernel, image, change) == f"token 5 of {len(IDS)}, layer 1 forward, input row of the word"


@pytest.mark.parametrize("kernel", kernels())
def test_a_wrong_bias_is_found(kernel: str) -> None:
    change = array("lstm.1.1.bias", "h", 3000, 2 * 20)
    assert told(kernel, make_image(**DEEP), change) == f"token {len(IDS)} of {len(IDS)}, layer 2 backward, bias"


@pytest.mark.parametrize("kernel", kernels())
def test_a_wrong_table_of_the_cell_is_a_wrong_hidden_state(kernel: str) -> None:
    image = make_image(hidden=36)
    first = int(read_image(image, "").model.cell[0, 0])
    change = array("cell", "h", first + 300)
    assert told(kernel, image, change) == f"token 1 of {len(IDS)}, layer 1 forward, hidden state"


@pytest.mark.parametrize("kernel", kernels())
def test_a_right_kernel_parts_nowhere(kernel: str) -> None:
    assert told(kernel, make_image(**DEEP), lambda image: image) == "None"


BREAKS = {
    # The scalar kernel forgets all that its unit 1 knew; nothing is there to be forgotten before the second token.
    "kernels/scalar.c": ("tg_mulhrs(f, cells[u])", "tg_mulhrs(u == 1 ? 0 : f, cells[u])"),
    # The others do so in every second slot, so a text alone is answered well.
    "kernels/block.h": (
        "argument_of(p, &b, q)}",
        "q == 1 && a.block == b.block ? SET1(-32768) : argument_of(p, &b, q)}",
    ),
}


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The C core compiled from altered sources."""
    if find_spec("ziglang") is None:
        pytest.skip("needs ziglang")
    root = tmp_path_factory.mktemp("broken")
    shutil.copytree(NATIVE, root / "native", ignore=shutil.ignore_patterns("build", "web", "__pycache__"))
    unicode = NATIVE.parent / "tallygate" / "runtime" / "unicode" / "unicode17.bin"
    shutil.copy(unicode, root / "native" / "unicode17.bin")
    for name, (right, wrong) in BREAKS.items():
        file = root / "native" / name
        assert right in file.read_text("utf-8"), f"{name} has changed; break it anew"
        file.write_text(file.read_text("utf-8").replace(right, wrong), "utf-8")
    compiling = compiling_module()
    return Library(compiling.build_library(root / "native", root / "built", compiling.this_platform()))


def compiling_module() -> object:
    spec = spec_from_file_location("compiling", NATIVE / "compiling.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["compiling"] = module
    spec.loader.exec_module(module)
    return module


def test_a_broken_kernel_is_refused_with_the_place(broken: Library) -> None:
    engine = NativeEngine(make_image(hidden=36), "scalar", library=broken)
    place = "golden text 2 of integer on native (scalar): parts from the specification at token 2 of 6, layer 1 forward"
    with pytest.raises(GateError, match=re.escape(f"{place}, forget gate")):
        engine.check_goldens()


def test_a_kernel_that_is_wrong_beside_others_alone_is_found_too(broken: Library) -> None:
    kernel = next((name for name in ("avx2", "neon") if name in broken.kernels()), None)
    if kernel is None:
        pytest.skip("needs a kernel by blocks: avx2 or neon")
    engine = NativeEngine(make_image(hidden=36), kernel, library=broken)
    place = r"golden text \d of integer on native .*token 2 of \d+, layer 1 forward, forget gate, with \d+ texts"
    with pytest.raises(GateError, match=place):
        engine.check_goldens()


def test_verify_tells_the_place_and_goes_on_with_the_other_kernels(
    broken: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    export_bundle(make_checkpoint(), tmp_path / "bundle", ExportOptions(variants=("fp32", "integer")))
    monkeypatch.setattr(native, "load_library", lambda: broken)
    monkeypatch.setattr(broken, "kernels", lambda: ["scalar", "sse4.1"])
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "bundle"), "--precision", "integer"]) == 1
    out, err = capsys.readouterr()
    assert "a gate failed" in out
    told = [line for line in err.splitlines() if "parts from the specification" in line]
    assert len(told) == 2
    assert "on native (scalar) parts from the specification at token 2 of " in told[0]
    assert "layer 1 forward, forget gate" in told[0]
    assert "on native (sse4.1) parts" in told[1]
    assert "texts at once" in told[1]
    assert "golden logits, numpy: " in out
