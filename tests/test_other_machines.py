"""``verify`` where only the runtime is: with the oldest onnxruntime that can be targeted, and with the newest."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tallygate.export.graph.target_ort import NEWEST_OPSET
from tallygate.runtime.bundle.reader import LAYOUT
from tallygate.runtime.cli import main

ROOT = Path(__file__).parent.parent
OLDEST = "{}.{}".format(*min(NEWEST_OPSET))
PINNED = (ROOT / "constraints.txt").read_text("utf-8")
NEWEST = next(line.partition("==")[2] for line in PINNED.splitlines() if line.startswith("onnxruntime=="))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("machines") / "run"
    assert main(["train", "--data", "mini", "--preset", "tiny", "--out", str(folder)]) == 0
    return folder


def machine(folder: Path, onnxruntime: str) -> Path:
    """The Python of an environment that holds the runtime's dependencies and that onnxruntime."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    numpy = "numpy<2" if onnxruntime == OLDEST else "numpy"
    wanted = [f"onnxruntime=={onnxruntime}.*" if onnxruntime == OLDEST else f"onnxruntime=={onnxruntime}", numpy]
    command = [python, "-m", "pip", "install", "--quiet", *wanted, "msgspec", "tabulate[widechars]"]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode and "No matching distribution" in installed.stderr:
        pytest.skip(f"no wheel of onnxruntime {onnxruntime} can be had for this Python")
    assert installed.returncode == 0, installed.stderr
    return python


def verify(python: Path, bundle: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from tallygate.runtime.commands.verify import COMMAND as c; import argparse; \
p = argparse.ArgumentParser(); c.add_arguments(p); sys.exit(c.run(p.parse_args()))"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "runtime")}
    return subprocess.run([python, "-c", code, bundle], env=environment, capture_output=True, text=True)


def move_the_head(bundle: Path) -> None:
    """Alter a weight of the int8 graph by a hair, less than its gate allows, and make the hash match."""
    path, manifest_path = bundle / LAYOUT.model("int8"), bundle / LAYOUT.manifest
    model, manifest = onnx.load(path), json.loads(manifest_path.read_bytes())
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == "head.bias")
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + np.float32(0.01), bias.name))
    data = model.SerializeToString()
    path.write_bytes(data)
    manifest["files"][path.name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    manifest_path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("release", [OLDEST, NEWEST])
def test_a_bundle_for_a_release_passes_there_and_a_broken_one_does_not(run: Path, tmp_path: Path, release: str) -> None:
    python, bundle = machine(tmp_path / "machine", release), tmp_path / "bundle"
    assert main(["export", str(run), "--out", str(bundle), "--target-ort", release]) == 0
    sound = verify(python, bundle)
    assert sound.returncode == 0, sound.stderr
    assert "every gate passed" in sound.stdout
    move_the_head(bundle)
    broken = verify(python, bundle)
    assert broken.returncode == 1
    assert "int8 on onnxruntime: max logit difference" in broken.stderr
    assert "Traceback" not in broken.stderr
