"""Loading and asking write nothing but tallygate's own cache: onnxruntime, left alone, keeps events and sends them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOT_HANDED_ON = ("CI", "TALLYGATE_CACHE", "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
"""What would change where a cache is, or keep onnxruntime quiet by itself."""


@pytest.mark.skipif(sys.platform != "linux", reason="the home folder is another variable elsewhere")
@pytest.mark.parametrize("engine", ["onnxruntime", "numpy"])
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "tallygate.runtime.cli", "predict", "good film", "--engine"],
        ["-c", "import sys; from tallygate.runtime import Classifier; Classifier.load(sys.argv[2], sys.argv[1])"],
    ],
    ids=["command", "library"],
)
def test_a_prediction_leaves_its_proof_and_nothing_else(
    toy_path: Path, tmp_path: Path, command: list[str], engine: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    before = sorted(toy_path.parent.rglob("*"))
    environment = {name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON} | {"HOME": str(home)}
    place = ["--bundle", str(toy_path)] if command[0] == "-m" else [str(toy_path)]
    subprocess.run([sys.executable, *command, engine, *place], env=environment, cwd=home, check=True)
    (left,) = (file.relative_to(home) for file in home.rglob("*") if file.is_file())
    assert left.parent == Path(".cache/tallygate/proved")
    assert [path for path in sorted(toy_path.parent.rglob("*")) if home not in (path, *path.parents)] == [
        path for path in before if home not in (path, *path.parents)
    ]
