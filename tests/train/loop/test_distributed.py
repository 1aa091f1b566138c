"""Several processes train what one trains; devices that are not there are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tallygate.runtime.cli import main
from tallygate.runtime.errors import EngineUnavailableError, UsageError
from tallygate.runtime.machine.user_cache import FOLDER
from tallygate.train.loop.distributed import ALONE, World, joined_world
from tallygate.train.network.device import resolve_device, torch_device

PRESET = """
[text]
vocabulary_size = 400
max_length = 40
[model]
embedding_size = 8
hidden_size = 8
pooling = "max"
[training]
epochs = 2
batch_size = 48
learning_rate = 0.01
class_weights = "balanced"
ema_decay = 0.9
precision = "float32"
"""
TAUGHT = """
[teacher]
models = ["ngrams"]
[words]
size = 600
single_rows = 50
[tuning]
epochs = 1
word_dropout = 0.0
"""


def _train(arguments: list[str], processes: int) -> subprocess.CompletedProcess[str]:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *launcher, "-m", "tallygate.runtime.cli", "train", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=500)


# Adversarial steps are gradients made equally long, so rounding in small ones counts; a step of Adam's is 0.01.
@pytest.mark.parametrize(
    ("sections", "last", "tolerance"),
    [("", "2/2", 2e-4), (TAUGHT, "3/3", 2e-4), ("adversarial = 0.5\n", "2/2", 1e-3)],
    ids=["labels", "teacher", "adversarial"],
)
def test_two_processes_train_what_one_trains(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sections: str,
    last: str,
    tolerance: float,
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    preset = tmp_path / "preset.toml"
    preset.write_text(PRESET + sections)
    arguments = ["--data", "mini", "--preset", str(preset), "--device", "cpu"]
    assert main(["train", *arguments, "--out", str(tmp_path / "one")]) == 0
    alone = capsys.readouterr()
    together = _train([*arguments, "--out", str(tmp_path / "two")], processes=2)
    assert together.returncode == 0, together.stderr
    one, two = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, weights in one.items():
        np.testing.assert_allclose(two[name], weights, rtol=2e-3, atol=tolerance, err_msg=name)
    # One process speaks, and what it says of the loss and the rows is of all rows.
    assert together.stdout.splitlines()[0] == alone.out.splitlines()[0]
    first = f"epoch 1/{last[-1]}"
    assert together.stderr.count(first) == alone.err.count(first) == 1
    losses = [
        line.split("loss ")[1][:5] for line in (alone.err + together.stderr).splitlines() if f"epoch {last}" in line
    ]
    assert float(losses[0]) == pytest.approx(float(losses[1]), abs=2e-3)


def test_shares_are_all_rows_of_a_batch_and_weigh_as_they_should() -> None:
    for rows in range(1, 8):
        batch = np.arange(10, 10 + rows)
        shares = [World(rank, 3).share_of(batch) for rank in range(3)]
        kept = [row for share in shares if share.weight for row in share.indices]
        assert sorted(kept) == batch.tolist()
        assert all(len(share.indices) for share in shares)
        # The average over processes of each weighted mean is the mean over the batch.
        means = [share.weight * share.indices.mean() for share in shares]
        assert np.mean(means) == pytest.approx(batch.mean())
    assert ALONE.share_of(batch).weight == 1.0


@pytest.mark.parametrize(
    "environment",
    [
        {"WORLD_SIZE": "2"},
        {"WORLD_SIZE": "2", "RANK": "2", "LOCAL_RANK": "0"},
        {"WORLD_SIZE": "x", "RANK": "0", "LOCAL_RANK": "0"},
    ],
)
def test_an_environment_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="start with torchrun"), joined_world("cpu"):
        pass


def test_devices() -> None:
    assert resolve_device("cpu") == "cpu"
    assert torch_device("cuda", 1) == torch.device("cuda:1")
    with pytest.raises(UsageError, match="--device gpu"):
        resolve_device("gpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused_and_auto_goes_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve_device("auto") == "cpu"
    with pytest.raises(EngineUnavailableError, match="device cuda: PyTorch"):
        resolve_device("cuda")
    assert main(["train", "--data", "mini", "--device", "cuda", "--out", str(tmp_path / "run")]) == 2
    assert "use --device cpu" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
