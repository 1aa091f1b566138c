"""What tests of a run share: a preset that trains in a second, and a process that can be killed in the middle."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from tallygate.train.corpora.corpus import Corpus
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.folder.layout import LAYOUT
from tallygate.train.run.plan import TrainOptions, plan_run
from tallygate.train.run.result import Result
from tallygate.train.run.training import run_training
from tallygate.train.scores.metrics import metrics_from_jsonl

PRESET = """
[text]
vocabulary_size = 200
max_length = 30
[model]
embedding_size = 8
hidden_size = 8
dropout = 0.2
[training]
epochs = 4
batch_size = 16
learning_rate = 0.02
schedule = "cosine"
ema_decay = 0.5
precision = "float32"
"""
CHILD = """
import sys
from tallygate.train.corpora import source as data_source
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.loop.trainer import Trainer
from tallygate.runtime.cli import main

data_source.load_corpus = lambda *a, **k: mini_corpus(train=160, validation=40, test=40)
steps, step = [], Trainer.step

def step_until_the_middle_of_epoch_2(trainer, batch, totals):
    if totals.epoch == 2 and totals.rows >= 64:
        print("in epoch 2", flush=True)
        sys.stdin.read()
    step(trainer, batch, totals)

Trainer.step = step_until_the_middle_of_epoch_2
sys.exit(main(["train", "--preset", sys.argv[1], "--out", sys.argv[2]]))
"""


def small_corpus(train: int = 160) -> Corpus:
    return mini_corpus(train=train, validation=40, test=40)


def begin(preset: str, out: Path, **options: object) -> Result:
    return run_training(plan_run(TrainOptions(preset=preset, out=str(out), **options)))  # type: ignore[arg-type]


def resume(out: Path) -> Result:
    return run_training(plan_run(TrainOptions(out=str(out), resume=True)))


def epochs_in_metrics(out: Path) -> list[int]:
    return [metrics.epoch for metrics in metrics_from_jsonl((out / LAYOUT.metrics).read_bytes())]


def assert_same_run(out: Path, whole: Path) -> None:
    for name in (LAYOUT.weights, LAYOUT.vocabulary, LAYOUT.checkpoint):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    left, right = load_file(out / LAYOUT.state), load_file(whole / LAYOUT.state)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)
    assert epochs_in_metrics(out) == [1, 2, 3, 4]
    assert {path.name for path in out.iterdir()} == {path.name for path in whole.iterdir()}
