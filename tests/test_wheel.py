"""The built wheel in a clean environment: base and ``[cpu]`` only, as on a device."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def device(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and onnxruntime."""
    folder = tmp_path_factory.mktemp("device")
    run(sys.executable, "-m", "venv", folder, check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    constraints = ["--constraint", ROOT / "constraints.txt"]
    installed = run(python, "-m", "pip", "install", "--quiet", *constraints, f"{wheel}[cpu]")
    if installed.returncode and "No matching distribution" in installed.stderr:
        pytest.skip("needs a package index")
    assert installed.returncode == 0, installed.stderr
    return python


def test_the_wheel_holds_all_parts_and_both_models(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "tallygate/__init__.py" not in names
    assert {
        "tallygate/runtime/cli.py",
        "tallygate/runtime/models/imdb.zip",
        "tallygate/train/models/imdb/weights.safetensors",
        "tallygate/train/presets/seed.toml",
        "tallygate/export/command.py",
    } <= names
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks"))]


def test_predicts_without_torch(device: Path, tmp_path: Path) -> None:
    program = device.parent / "tallygate"
    done = run(program, "predict", "A wonderful film. I loved every minute of it.", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"] == "positive"
    assert "No module named 'torch'" in run(device, "-c", "import torch", cwd=tmp_path).stderr
    assert run(program, "info", cwd=tmp_path).returncode == 0
    assert run(program, "verify", cwd=tmp_path).returncode == 0


def test_a_command_of_another_extra_says_how_to_install_it(device: Path, tmp_path: Path) -> None:
    done = run(device.parent / "tallygate", "train", cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(r"pip install '.*tallygate-.*\.whl\[train\]'", done.stderr)
    assert "Traceback" not in done.stderr
