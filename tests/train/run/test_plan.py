"""Which run a folder may be used for: a new one, the same one with ``--resume``, never another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallygate.runtime.errors import CheckpointError, OutputError, UsageError
from tallygate.train.folder.layout import LAYOUT
from tallygate.train.run.plan import TrainOptions, plan_run, run_folder
from tallygate.train.scores.metrics import EpochMetrics, jsonl_from_metrics

PRESET = """
[text]
vocabulary_size = 200
max_length = 30
[model]
embedding_size = 8
hidden_size = 8
[training]
epochs = 4
learning_rate = 0.02
"""


@pytest.fixture
def preset(tmp_path: Path) -> str:
    (tmp_path / "small.toml").write_text(PRESET)
    return str(tmp_path / "small.toml")


@pytest.fixture
def begun(tmp_path: Path, preset: str) -> Path:
    """The folder of a run that has not trained anything yet."""
    plan = plan_run(TrainOptions(preset=preset, out=str(tmp_path / "run")))
    assert plan.is_new
    plan.facts.write(plan.folder)
    return plan.folder


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"preset": "tiny"}, "preset small, not tiny"),
        ({"data": "imdb"}, "data mini, not imdb"),
        ({"seed": 7}, "seed 0, not 7"),
        ({"epochs": 3}, "epochs 4, not 3"),
        ({"threads": 2}, "threads 1, not 2"),
        ({"text_column": "review"}, "other columns"),
    ],
)
def test_a_folder_with_another_run_is_refused(begun: Path, options: dict[str, object], difference: str) -> None:
    for resumed in (True, False):
        wanted = {"preset": None} | options | {"out": str(begun), "resume": resumed}
        if not resumed and "preset" not in options:
            continue
        with pytest.raises(CheckpointError, match=rf"holds another run \({difference}.*another folder with --out"):
            plan_run(TrainOptions(**wanted))  # type: ignore[arg-type]


def test_the_same_preset_name_with_other_content_is_another_run(tmp_path: Path, begun: Path) -> None:
    (tmp_path / "small.toml").write_text(PRESET.replace("0.02", "0.03"))
    with pytest.raises(CheckpointError, match="another preset of the name small"):
        plan_run(TrainOptions(preset=str(tmp_path / "small.toml"), out=str(begun), resume=True))


def test_the_same_run_without_resume_is_refused_with_the_mend(preset: str, begun: Path) -> None:
    with pytest.raises(OutputError, match="holds this run already; go on with it with --resume, or name another"):
        plan_run(TrainOptions(preset=preset, out=str(begun)))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(OutputError, match=r"holds other files \(thesis.tex\) and no run"):
        plan_run(TrainOptions(out=str(tmp_path)))


def test_there_must_be_a_run_to_resume(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no run to resume"):
        plan_run(TrainOptions(out=str(tmp_path / "none"), resume=True))


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / LAYOUT.run).write_text('{"version": 1')
    with pytest.raises(CheckpointError, match="does not describe a run"):
        plan_run(TrainOptions(out=str(tmp_path), resume=True))


def test_a_run_is_prolonged_where_it_is_resumed(preset: str, begun: Path) -> None:
    plan = plan_run(TrainOptions(out=str(begun), resume=True, epochs=9))
    assert plan.is_prolonged
    assert plan.facts.preset.training.epochs == 9
    assert not plan_run(TrainOptions(out=str(begun), resume=True, epochs=4)).is_prolonged
    with pytest.raises(OutputError, match="holds this run already, of 4 epochs; prolong it with --resume, or name"):
        plan_run(TrainOptions(preset=preset, out=str(begun), epochs=9))


def test_a_first_stage_is_not_prolonged_once_the_second_one_has_begun(tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(PRESET + "[tuning]\nepochs = 2\n")
    begun = plan_run(TrainOptions(preset=str(tmp_path / "two.toml"), out=str(tmp_path / "run")))
    begun.facts.write(begun.folder)
    figures = {"train_loss": 1.0, "train_accuracy": 0.5, "learning_rate": 0.1, "seconds": 1.0}
    history = [EpochMetrics(epoch=epoch, **figures) for epoch in range(1, 5)]
    (begun.folder / LAYOUT.metrics).write_bytes(jsonl_from_metrics(history))
    assert plan_run(TrainOptions(out=str(begun.folder), resume=True, epochs=9)).is_prolonged
    history.append(EpochMetrics(epoch=5, stage="tuning", **figures))
    (begun.folder / LAYOUT.metrics).write_bytes(jsonl_from_metrics(history))
    with pytest.raises(CheckpointError, match="the second stage of two has begun"):
        plan_run(TrainOptions(out=str(begun.folder), resume=True, epochs=9))


@pytest.mark.parametrize("option", ["epochs", "threads"])
def test_numbers_must_make_sense(option: str) -> None:
    with pytest.raises(UsageError, match=f"--{option} 0"):
        plan_run(TrainOptions(**{option: 0}))  # type: ignore[arg-type]


def test_defaults() -> None:
    plan = plan_run(TrainOptions(data="imdb"))
    assert plan.folder == Path("runs/imdb-seed")
    assert plan.facts.preset_name == "seed"
    assert plan_run(TrainOptions()).folder == Path("runs/mini-tiny")
    mails = TrainOptions(data="some/where/mails.csv")
    assert run_folder(mails) == Path("runs/mails-auto")


def test_the_same_run_goes_on_with_what_it_was_begun_with(preset: str, begun: Path) -> None:
    plain = plan_run(TrainOptions(out=str(begun), resume=True))
    spelt_out = plan_run(TrainOptions(preset=preset, data="mini", seed=0, out=str(begun), resume=True))
    assert plain == spelt_out
    assert not plain.is_new


def test_data_may_have_moved(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    plan = plan_run(TrainOptions(data="imdb", data_dir="here", out=out))
    plan.facts.write(plan.folder)
    for options, folder in (({}, "here"), ({"data_dir": "there"}, "there")):
        resumed = plan_run(TrainOptions(out=out, resume=True, **options))  # type: ignore[arg-type]
        assert resumed.facts.data.data_dir == str(Path(folder).absolute())


def test_a_run_finds_its_data_from_any_folder(tmp_path: Path, preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    begun = plan_run(TrainOptions(preset=preset, data="mails.csv", test="later.csv", out="run"))
    begun.facts.write(begun.folder)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    data = plan_run(TrainOptions(out="../run", resume=True)).facts.data
    assert (data.data, data.test) == (str(tmp_path / "mails.csv"), str(tmp_path / "later.csv"))
    moved = plan_run(TrainOptions(out="../run", resume=True, data="mails.csv")).facts.data
    assert moved.data == str(tmp_path / "elsewhere" / "mails.csv")
    with pytest.raises(CheckpointError, match="data mails, not letters"):
        plan_run(TrainOptions(out="../run", resume=True, data="letters.csv"))


def test_seed_and_epochs_override_the_preset() -> None:
    training = plan_run(TrainOptions(seed=5, epochs=2)).facts.preset.training
    assert (training.seed, training.epochs) == (5, 2)
