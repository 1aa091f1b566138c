"""The stage of short texts: what it reads, the average that it ends with, and going on in its middle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tallygate.runtime.errors import PresetError
from tallygate.train.folder.layout import LAYOUT
from tallygate.train.loop.trainer import Trainer
from tallygate.train.presets import load_preset
from tallygate.train.run.data import RunData, run_data_from_corpus
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.short import ShortRows, averaged, one_crop_each
from tallygate.train.run.training import run_training
from tallygate.train.scores.metrics import metrics_from_jsonl
from tests.train.run.small_run import PRESET, begin, resume, small_corpus

pytestmark = pytest.mark.usefixtures("small_data")
SHORT = """
[short]
share = 0.4
members = 2
pull = 0.2
[short.training]
epochs = 2
batch_size = 16
learning_rate = 0.01
ema_decay = 0.5
"""


@pytest.fixture
def preset(tmp_path: Path) -> str:
    path = tmp_path / "short.toml"
    path.write_text(PRESET.replace("epochs = 4", "epochs = 1") + SHORT, encoding="utf-8")
    return str(path)


def data_of(preset: str) -> RunData:
    return run_data_from_corpus(small_corpus(), load_preset(preset))


def test_it_reads_texts_crops_and_sentences(preset: str) -> None:
    data, recipe = data_of(preset), load_preset(preset)
    assert recipe.short is not None
    rows = ShortRows(recipe, data)
    weights = {name: tensor.clone() for name, tensor in _model(data, preset).state_dict().items()}
    split = rows.split(weights)
    assert len(split) == len(rows) == 320 + round(320 * 0.4 / 0.6)
    assert split.probabilities is not None
    assert split.rows[:160] == data.train.rows
    own = split.probabilities[:160][np.arange(160), data.train.targets]
    assert ((own > 0.5) & (own < 1.0)).all()  # half the label, half what the network says
    assert (split.probabilities[160:320] == np.eye(2, dtype=np.float32)[data.train.targets]).all()
    assert sorted({round(float(p), 3) for p in split.probabilities[320:, 1]}) == [0.1, 0.5, 0.9]
    assert split.probabilities.sum(axis=1) == pytest.approx(1.0)
    assert ((split.probabilities[320:, 1] > 0.5) == split.targets[320:].astype(bool)).all()


def test_crops_are_runs_of_their_text(preset: str) -> None:
    short = load_preset(preset).short
    assert short is not None
    rows = [list(range(start, start + length)) for start, length in enumerate([1, 2, 5, 60, 400] * 40)]
    crops = one_crop_each(rows, short, 0)
    assert crops == one_crop_each(rows, short, 0) != one_crop_each(rows, short, 1)
    for row, crop in zip(rows, crops, strict=True):
        assert crop == list(range(crop[0], crop[0] + len(crop)))
        assert row[0] <= crop[0]
        assert crop[-1] <= row[-1]
        assert min(len(row), 3) <= len(crop) <= 60
    assert len({len(crop) for crop in crops}) > 20
    assert any(crop[-1] == row[-1] and len(crop) < len(row) for row, crop in zip(rows, crops, strict=True))


def test_weights_are_averaged_back() -> None:
    before, summed = {"w": torch.tensor([1.0])}, {"w": torch.tensor([3.0]) + torch.tensor([7.0])}
    assert averaged(before, summed, 2, 0.2)["w"].item() == pytest.approx(0.2 * 1 + 0.4 * 3 + 0.4 * 7)


def test_the_kept_weights_are_the_average_of_the_members(
    preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[dict[str, torch.Tensor]] = []
    run_epoch = Trainer.run_epoch

    def kept(trainer: Trainer, epoch: int, *rest: object) -> object:
        totals = run_epoch(trainer, epoch, *rest)  # type: ignore[arg-type]
        ends.append({name: tensor.clone() for name, tensor in trainer.evaluated.state_dict().items()})
        return totals

    monkeypatch.setattr(Trainer, "run_epoch", kept)
    begin(preset, tmp_path / "run")
    history = metrics_from_jsonl((tmp_path / "run" / LAYOUT.metrics).read_bytes())
    assert [(m.epoch, m.stage) for m in history] == [(1, "training"), *((e, "short") for e in (2, 3, 4, 5))]
    weights = load_file(tmp_path / "run" / LAYOUT.weights)
    for name, value in weights.items():
        assert torch.allclose(value, 0.2 * ends[0][name] + 0.4 * ends[2][name] + 0.4 * ends[4][name], atol=1e-6), name
    assert not torch.equal(ends[2]["head.weight"], ends[4]["head.weight"])  # two seeds
    told = capsys.readouterr().err
    assert "the last epoch will be kept, averaged: 0.2 of the weights before it, 0.4 of each of its 2 trainings" in told
    assert "epoch 5 is kept, averaged" in told
    assert json.loads((tmp_path / "run" / LAYOUT.checkpoint).read_text())["training"]["epochs"] == 5


@pytest.mark.parametrize("epoch", [2, 3, 4, 5])
def test_it_goes_on_where_it_was_cut_off(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    """In either epoch of either member: the same bits as without."""
    begin(preset, tmp_path / "whole")
    run_epoch = Trainer.run_epoch

    def cut(trainer: Trainer, number: int, *rest: object) -> object:
        if number == epoch:
            raise KeyboardInterrupt
        return run_epoch(trainer, number, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "run_epoch", cut)
    with pytest.raises(KeyboardInterrupt):
        begin(preset, tmp_path / "cut")
    monkeypatch.setattr(Trainer, "run_epoch", run_epoch)
    resume(tmp_path / "cut")
    for name in (LAYOUT.weights, LAYOUT.checkpoint):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    state, whole = (load_file(tmp_path / run / LAYOUT.state) for run in ("cut", "whole"))
    assert state.keys() == whole.keys()
    assert all(torch.equal(state[name], whole[name]) for name in state)


def test_other_labels_have_no_such_stage(
    preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.toml"
    path.write_text(Path(preset).read_text().replace("[short]\n", '[short]\npositive = "good"\n'), encoding="utf-8")
    run_training(plan_run(TrainOptions(preset=str(path), out=str(tmp_path / "run"))))
    assert [m.stage for m in metrics_from_jsonl((tmp_path / "run" / LAYOUT.metrics).read_bytes())] == ["training"]
    assert "no stage of short texts: its sentences are for the labels negative and good" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    ["share = 1", "members = 0", "pull = 1", "certainty = 0.4", "crop_tokens = [5, 4]", 'positive = "negative"'],
)
def test_values_that_cannot_be(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "wrong.toml"
    own = SHORT.replace("share = 0.4\nmembers = 2\npull = 0.2\n", f"{wrong}\n")
    path.write_text(PRESET + own, encoding="utf-8")
    with pytest.raises(PresetError, match=wrong.split(" =")[0]):
        load_preset(path)


def _model(data: RunData, preset: str) -> torch.nn.Module:
    from tallygate.train.loop import new_model

    return new_model(data.architecture(load_preset(preset)), 0)
