"""Runs that begin with more than chance (teachers, shared rows, pretraining), their second stage, and resuming."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from tallygate.runtime.errors import CheckpointError, InputError, InputNotFoundError, PresetError
from tallygate.runtime.machine.user_cache import FOLDER
from tallygate.train.corpora import source as data_source_module
from tallygate.train.corpora.corpus import Corpus
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.corpora.splitting import with_unlabeled
from tallygate.train.folder.checkpoint import load_checkpoint
from tallygate.train.folder.layout import LAYOUT
from tallygate.train.loop.trainer import new_model
from tallygate.train.network.model import Architecture
from tallygate.train.presets.preset import LanguageModelPreset, load_preset
from tallygate.train.run import beginning
from tallygate.train.run import network_teacher as network_module
from tallygate.train.run import training as run_module
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.result import Result
from tallygate.train.run.training import run_training
from tallygate.train.scores.metrics import metrics_from_jsonl
from tallygate.train.teachers import lesson as lesson_module
from tallygate.train.teachers.lesson import distinct_unlabeled
from tallygate.train.words.language_model import PARTS, Pretraining
from tests.train.short_runs import KilledError, short_runs

PRESET = """
[text]
vocabulary_size = 60
max_length = 40
punctuation = "."
[model]
embedding_size = 8
hidden_size = 8
bidirectional = true
pooling = "mean"
variational_dropout = 0.1
weight_drop = 0.1
[teacher]
document_size = 8
document_epochs = 2
[words]
size = 200
single_rows = 20
[language_model]
epochs = 1
negatives = 20
[training]
epochs = 2
batch_size = 32
optimizer = "adamw"
learning_rate = 0.01
ema_decay = 0.9
head_scale = 4.0
label_smoothing = 0.1
precision = "float32"
[tuning]
epochs = 2
learning_rate = 0.003
word_dropout = 0.1
adversarial = 0.5
"""


def small_corpus() -> Corpus:
    corpus = mini_corpus(train=160, validation=40, test=40)
    corpus.train.texts[1] = corpus.train.texts[0].upper()  # the same text to a cache of scores, with another label
    more = mini_corpus(train=400, validation=40, test=40).train.texts[160:]
    return with_unlabeled(corpus, more)


@pytest.fixture(autouse=True, scope="module")
def _small_data_and_own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with short_runs(small_corpus) as monkeypatch:
        monkeypatch.setenv(FOLDER, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("preset") / "taught.toml"
    path.write_text(PRESET)
    return str(path)


def train(out: Path, **options: object) -> Result:
    result = run_training(plan_run(TrainOptions(out=str(out), **options)))  # type: ignore[arg-type]
    assert result is not None
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, preset: str, _small_data_and_own_cache: None) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    train(out, preset=preset)
    return out


def test_both_stages_run_and_words_share_rows(whole: Path) -> None:
    history = metrics_from_jsonl((whole / LAYOUT.metrics).read_bytes())
    assert [(line.epoch, line.stage) for line in history] == [
        (1, "training"),
        (2, "training"),
        (3, "tuning"),
        (4, "tuning"),
    ]
    vocabulary = load_checkpoint(whole).vocabulary
    assert vocabulary.size == 60
    assert len(vocabulary) > 100
    rows = list(vocabulary.rows.values())
    assert max(rows.count(row) for row in range(2, 22)) == 1
    assert set(rows) == set(range(2, 60))


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        (beginning, "_store", 1),
        (run_module, "save_state", 1),
        (run_module, "save_state", 3),
        (run_module, "finish_run", 1),
    ],
)
def test_a_killed_run_resumes_to_the_same_weights(
    whole: Path, preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, call: int
) -> None:
    original, calls = getattr(module, name), []

    def killed(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == call:
            raise KilledError
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(KilledError):
            train(tmp_path / "run", preset=preset)
    train(tmp_path / "run", resume=True)
    for file in (LAYOUT.weights, LAYOUT.vocabulary):
        assert (tmp_path / "run" / file).read_bytes() == (whole / file).read_bytes()


def test_pretraining_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[2 + (start + step) % 9 for step in range(12)] for start in range(64)]
    settings = LanguageModelPreset(epochs=4, batch_size=16, negatives=8, share=1.0)
    architecture = Architecture(vocabulary_size=11, embedding_size=6, hidden_size=6, outputs=1, bidirectional=True)

    def pretrained(path: Path) -> torch.Tensor:
        model = new_model(architecture, 0)
        Pretraining(model, rows, settings, 0, "float32", path).run()
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    expected = pretrained(tmp_path / "whole")
    run_part = Pretraining._run_part

    def killed(pretraining: Pretraining, part: int) -> float:
        if part == PARTS + 1:
            raise KilledError
        return run_part(pretraining, part)

    with monkeypatch.context() as patch:
        patch.setattr(Pretraining, "_run_part", killed)
        with pytest.raises(KilledError):
            pretrained(tmp_path / "cut")
    assert torch.equal(pretrained(tmp_path / "cut"), expected)


def test_pretraining_learns_the_next_word_in_both_directions(tmp_path: Path) -> None:
    rows = [[2 + (start + step) % 9 for step in range(12)] for start in range(64)]
    settings = LanguageModelPreset(epochs=30, batch_size=16, negatives=8, share=1.0, learning_rate=2e-2, warmup_steps=5)
    architecture = Architecture(vocabulary_size=11, embedding_size=8, hidden_size=12, outputs=1, bidirectional=True)
    losses: list[float] = []
    pretraining = Pretraining(new_model(architecture, 0), rows, settings, 0, "float32", tmp_path / "state")
    for part in range(settings.epochs * PARTS):
        losses.append(pretraining._run_part(part))
    assert losses[0] > 1.5
    assert losses[-1] < 0.5


def test_what_preparation_took_is_in_the_result(whole: Path, preset: str, tmp_path: Path) -> None:
    first = Result.read(whole)
    second = train(tmp_path / "run", preset=preset, seed=1)
    assert first is not None
    assert first.preparation_seconds > 0
    # The teachers were at hand, and count all the same.
    assert second.preparation_seconds > 0.2 * first.preparation_seconds


def test_a_run_teaches_another_and_its_scores_are_kept(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = train(tmp_path / "first", preset="tiny", epochs=1, teacher=str(whole))
    assert result.rows["train"] == 160
    with monkeypatch.context() as patch:
        patch.setattr(lesson_module, "logits_by_run", lambda *a: pytest.fail("scored again"))
        train(tmp_path / "second", preset="tiny", epochs=1, teacher=str(whole))
    first, second = (load_file(tmp_path / name / LAYOUT.weights) for name in ("first", "second"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_preset_is_trained_first_and_teaches_what_has_no_label(
    tmp_path: Path, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "student.toml"
    path.write_text(PRESET.replace("[teacher]", '[teacher]\nmodels = ["ngrams"]\nnetwork = "tiny"'))
    tiny = load_preset("tiny")
    short = msgspec.structs.replace(tiny, training=msgspec.structs.replace(tiny.training, epochs=1))
    for module in (network_module, lesson_module):
        monkeypatch.setattr(module, "load_preset", lambda name: short)
    asked: list[int] = []
    original = lesson_module.logits_by_run

    def counted(folder: Path, texts: list[str], labels: tuple[str, ...]) -> object:
        asked.append(len(texts))
        return original(folder, texts, labels)

    monkeypatch.setattr(lesson_module, "logits_by_run", counted)
    train(tmp_path / "first", preset=str(path))
    monkeypatch.setattr(network_module, "RunPlan", lambda *a, **k: pytest.fail("trained again"))
    train(tmp_path / "second", preset=str(path), seed=5)
    # The labelled texts are never asked for, and the scores of the first run are those of the second.
    assert asked == [len(distinct_unlabeled(small_corpus()))]


def test_a_network_that_asks_for_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "student.toml"
    path.write_text(PRESET.replace("[teacher]", '[teacher]\nmodels = ["ngrams"]\nnetwork = "itself"'))
    itself = load_preset(path)
    for module in (network_module, lesson_module):
        monkeypatch.setattr(module, "load_preset", lambda name: itself)
    with pytest.raises(PresetError, match="asks for a network"):
        train(tmp_path / "run", preset=str(path))


def test_a_teacher_of_other_labels_is_refused(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = small_corpus()
    for split in (corpus.train, corpus.validation, corpus.test):
        assert split is not None
        split.labels[:] = [f"{label}-2" for label in split.labels]
    other = replace(corpus, labels=tuple(f"{label}-2" for label in corpus.labels))
    monkeypatch.setattr(data_source_module, "load_corpus", lambda *a, **k: other)
    with pytest.raises(CheckpointError, match="not those of the data"):
        train(tmp_path / "run", preset="tiny", teacher=str(whole))
    assert not (tmp_path / "run").exists()


def test_a_teacher_that_is_not_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        train(tmp_path / "run", preset="tiny", teacher=str(tmp_path / "none"))
    with pytest.raises(InputNotFoundError):
        train(tmp_path / "run", preset="tiny", teacher=str(tmp_path / "none.parquet"))
    (tmp_path / "bad.parquet").write_bytes(b"")
    with pytest.raises(InputError):
        train(tmp_path / "run", preset="tiny", teacher=str(tmp_path / "bad.parquet"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "line",
    ["size = 30", "single_rows = 59", "epochs = 0"],
)
def test_impossible_words_are_refused(tmp_path: Path, line: str) -> None:
    field = line.split()[0]
    kept = PRESET.splitlines()
    place = kept.index("[words]")
    kept[place + 1 :] = [line, *[old for old in kept[place + 1 :] if not old.startswith(f"{field} =")]]
    path = tmp_path / "bad.toml"
    path.write_text("\n".join(kept))
    with pytest.raises(PresetError):
        load_preset(path)
