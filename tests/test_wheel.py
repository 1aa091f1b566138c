"""The built wheel in a clean environment: base and ``[cpu]`` only, as on a device."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("runtime", "train", "export", "demo")


USERS_SCRIPT = """
from collections.abc import Iterator
from pathlib import Path

from tallygate.runtime import Classifier, Prediction
from tallygate.runtime.errors import TallygateError


def answers(texts: list[str], bundle: Path | None = None) -> Iterator[tuple[str, float]]:
    classifier = Classifier.load(bundle) if bundle else Classifier.load()
    predictions: list[Prediction] = classifier.predict(texts)
    for prediction in predictions:
        yield prediction.label or "undecided", prediction.score


try:
    for label, score in answers(["A wonderful film.", "A dull one."]):
        print(f"{label} {score:.3f}")
except TallygateError as error:
    print(error)
"""


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """With this project's own folders out of the way."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    return subprocess.run(command, capture_output=True, text=True, env=kept, **options)  # type: ignore[call-overload,no-any-return]


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


def test_the_wheel_holds_what_the_parts_hold_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listed = run("git", "ls-files", "--others", "--cached", "--exclude-standard", *PARTS, cwd=ROOT)
    assert listed.returncode == 0, "needs a checkout"
    assert names == {path.partition("/")[2] for path in listed.stdout.splitlines() if "/tallygate/" in path}
    assert {f"tallygate/{part}/py.typed" for part in PARTS} <= names
    assert {"tallygate/runtime/models/imdb.zip", "tallygate/train/models/imdb/weights.safetensors"} <= names
    assert "tallygate/__init__.py" not in names


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


def test_a_users_script_is_typed(device: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(USERS_SCRIPT, encoding="utf-8")
    typed = run(sys.executable, "-m", "mypy", "--strict", "--python-executable", device, "script.py", cwd=tmp_path)
    assert typed.returncode == 0, typed.stdout + typed.stderr
    (tmp_path / "wrong.py").write_text(USERS_SCRIPT.replace("prediction.label", "prediction.name"), encoding="utf-8")
    wrong = run(sys.executable, "-m", "mypy", "--strict", "--python-executable", device, "wrong.py", cwd=tmp_path)
    assert 'has no attribute "name"' in wrong.stdout
    assert run(device, "script.py", cwd=tmp_path).stdout.startswith("positive ")
