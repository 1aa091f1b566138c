"""The training loop: it learns, is deterministic, and does what each field of a preset says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from tallygate.train.corpora.corpus import Corpus
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.loop.batching import EncodedSplit, tensors_of
from tallygate.train.loop.trainer import DivergenceError, EpochTotals, Trainer, new_model
from tallygate.train.network.arithmetic import cpu_settings
from tallygate.train.network.model import Architecture
from tallygate.train.presets.preset import Preset, load_preset, preset_names
from tallygate.train.run.data import RunData, run_data_from_corpus
from tallygate.train.run.finish import parameters_by_part
from tallygate.train.scores.evaluation import evaluate, score_from_logits
from tests.train.loop.toy import ROWS, Toy, mean_loss, weights


@pytest.mark.parametrize("labels", [2, 4])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"ema_decay": 0.9},
        {"class_weights": "balanced"},
        {"schedule": "cosine", "warmup_steps": 3},
        {"clip_norm": 0.0},
        {"precision": "bfloat16"},
        {"adversarial": 2.0},
    ],
    ids=str,
)
def test_it_learns_with_every_field(labels: int, fields: dict[str, Any]) -> None:
    trainer = Toy(labels).trainer(**fields)
    before = mean_loss(trainer)
    for epoch in range(1, 6):
        trainer.run_epoch(epoch)
    assert mean_loss(trainer) < 0.9 * before


def test_tiny_learns_mini_far_above_chance() -> None:
    corpus = mini_corpus()
    preset = load_preset("tiny")
    data = run_data_from_corpus(corpus, preset)
    with cpu_settings(1):
        trainer = Trainer(new_model(data.architecture(preset), 0), preset.training, data.train, 2, "float32")
        for epoch in range(1, preset.training.epochs + 1):
            totals = trainer.run_epoch(epoch)
        logits = evaluate(trainer.evaluated, data.validation)
    assert totals.accuracy > 0.85
    assert score_from_logits(logits, data.validation.targets, "mini", "validation").accuracy > 0.7


def test_same_seed_same_weights_and_another_seed_others() -> None:
    def trained(seed: int) -> Tensor:
        trainer = Toy().trainer(seed=seed)
        for epoch in (1, 2):
            trainer.run_epoch(epoch)
        return weights(trainer)

    assert torch.equal(trained(3), trained(3))
    assert not torch.equal(trained(3), trained(4))


def test_an_epoch_depends_on_nothing_that_happened_to_the_random_state() -> None:
    first, second = Toy().trainer(), Toy().trainer()
    first.run_epoch(1)
    torch.rand(17)
    second.run_epoch(1)
    assert torch.equal(weights(first), weights(second))


def test_the_callers_random_state_is_left_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    Toy().trainer().run_epoch(1)
    assert torch.equal(torch.get_rng_state(), before)


def test_moving_average_follows_its_formula() -> None:
    trainer = Toy().trainer(ema_decay=0.28)
    assert trainer.average is not None
    expected: Tensor | None = None
    for step, start in enumerate(range(0, 32, 8)):
        trainer.step(tensors_of(trainer.train, np.arange(start, start + 8)), EpochTotals(1))
        now = torch.cat([parameter.detach().flatten() for parameter in trainer.model.parameters()])
        decay = min(0.28, (1 + step) / (10 + step))
        expected = now if expected is None else decay * expected + (1.0 - decay) * now
    assert expected is not None
    torch.testing.assert_close(weights(trainer), expected)
    assert trainer.evaluated is not trainer.model


def test_class_weights_turn_a_rare_label_up() -> None:
    toy = Toy()
    keep = np.flatnonzero((toy.split.targets == 0) | (np.arange(ROWS) < 10))
    split = EncodedSplit([[9, 9]] * len(keep), toy.split.targets[keep])
    answers = {}
    for choice in ("none", "balanced"):
        trainer = toy.trainer(class_weights=choice)
        trainer = Trainer(trainer.model, trainer._preset, split, 2, "float32")
        for epoch in range(1, 21):
            trainer.run_epoch(epoch)
        answers[choice] = evaluate(trainer.model, split)[0].sigmoid().item()
    share = float((split.targets == 1).mean())
    assert answers["none"] == pytest.approx(share, abs=0.08)
    assert answers["balanced"] == pytest.approx(0.5, abs=0.08)


def test_clipping_bounds_the_gradient() -> None:
    trainer = Toy().trainer(clip_norm=1e-3)
    trainer.step(tensors_of(trainer.train, np.arange(8)), EpochTotals(1))
    gradients = torch.cat([p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None])
    assert gradients.norm().item() == pytest.approx(1e-3, rel=1e-3)


def test_learning_rate_runs_over_the_whole_run() -> None:
    trainer = Toy().trainer(schedule="linear")
    rates = [trainer.run_epoch(epoch).learning_rate for epoch in range(1, 6)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(2e-4)


def test_totals_count_every_row() -> None:
    seen: list[int] = []
    trainer = Toy().trainer()
    totals = trainer.run_epoch(1, lambda totals: seen.append(totals.rows))
    assert totals.rows == seen[-1] == ROWS
    assert len(set(seen)) == trainer.steps_per_epoch == 8


def test_a_loss_that_is_no_number_stops_with_the_epoch_and_the_mend() -> None:
    trainer = Toy().trainer()
    with torch.no_grad():
        trainer.model.head.bias.fill_(float("nan"))
    with pytest.raises(DivergenceError, match=r"epoch 3: the loss is nan .*; lower learning_rate") as caught:
        trainer.run_epoch(3)
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)


def test_an_infinite_gradient_stops_before_it_reaches_the_weights() -> None:
    trainer = Toy().trainer()
    trainer.model.head.bias.register_hook(lambda gradient: gradient * float("inf"))
    before = weights(trainer)
    with pytest.raises(DivergenceError, match="not finite"):
        trainer.run_epoch(1)
    assert torch.equal(weights(trainer), before)


@pytest.fixture(scope="module")
def small() -> Corpus:
    return mini_corpus(train=96, validation=16, test=16)


def shrunk(preset: Preset) -> Preset:
    """The same preset on texts short enough for a test."""
    return msgspec.structs.replace(preset, text=msgspec.structs.replace(preset.text, max_length=20))


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_trains_a_step(name: str, small: Corpus) -> None:
    preset = shrunk(load_preset(name))
    data = run_data_from_corpus(small, preset)
    trainer = Trainer(new_model(data.architecture(preset), 0), preset.training, data.train, 2, "float32")
    totals = EpochTotals(1)
    trainer.step(tensors_of(data.train, np.arange(4)), totals)
    assert totals.loss / 4 == pytest.approx(0.7, abs=0.4)
    assert evaluate(trainer.evaluated, data.validation).isfinite().all()


def test_the_seed_preset_has_the_reports_parameters() -> None:
    preset = load_preset("seed")
    model = new_model(Architecture(vocabulary_size=5000, outputs=1, **msgspec.structs.asdict(preset.model)), 0)
    assert parameters_by_part(model) == {"embedding": 160_000, "lstm": 53_200, "head": 101}


def test_labels_and_rows_reach_the_network(small: Corpus) -> None:
    data: RunData = run_data_from_corpus(small, load_preset("tiny"))
    assert data.labels == ("negative", "positive")
    assert [data.labels[target] for target in data.train.targets] == small.train.labels
    assert data.outputs == 1
    assert data.architecture(load_preset("tiny")).vocabulary_size == data.vocabulary.size < 1000


def test_word_dropout_puts_unknown_words_in_training_only() -> None:
    trainer = Toy().trainer(word_dropout=0.4)
    batch = tensors_of(trainer.train, np.arange(ROWS))
    read: list[Tensor] = []
    hook = trainer.model.embedding.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0].clone()))
    trainer.step(batch, EpochTotals(1))
    evaluate(trainer.model, trainer.train)
    hook.remove()
    share = float((read[0] == 1).float().mean())
    assert 0.3 < share < 0.5
    assert ((read[0] == 1) | (read[0] == batch.ids)).all()
    assert all((ids != 1).all() for ids in read[1:])


def test_a_teachers_word_is_learnt_in_the_place_of_the_label() -> None:
    toy = Toy()
    split = toy.split
    contrary = np.eye(2, dtype=np.float32)[1 - split.targets]
    trainer = toy.trainer(epochs=8)
    trainer.train = replace(split, probabilities=contrary)
    for epoch in range(1, 9):
        trainer.run_epoch(epoch)
    found = evaluate(trainer.evaluated, split)[:, 0].numpy() > 0
    assert (found == (split.targets == 0)).mean() > 0.95


def test_head_scale_makes_the_head_larger_and_faster() -> None:
    architecture = Architecture(vocabulary_size=20, embedding_size=6, hidden_size=8, outputs=1)
    plain, scaled = new_model(architecture, 3), new_model(architecture, 3, head_scale=4.0)
    assert torch.equal(scaled.head.weight, plain.head.weight * 4.0)
    assert torch.equal(scaled.head.bias, plain.head.bias)
    moved = {}
    for scale in (1.0, 4.0):
        trainer = Toy().trainer(head_scale=scale)
        before = [parameter.detach().clone() for parameter in (trainer.model.head.weight, trainer.model.head.bias)]
        trainer.run_epoch(1, lambda totals: None)
        moved[scale] = [abs(g["lr"]) for g in trainer.optimizer.param_groups]
        assert not torch.equal(before[0], trainer.model.head.weight)
    assert moved[4.0][-2] == pytest.approx(4.0 * moved[1.0][-2])
    assert moved[4.0][-1] == pytest.approx(moved[1.0][-1])


def test_a_second_stage_begins_its_schedule_anew() -> None:
    toy = Toy()
    first = toy.trainer(schedule="linear", warmup_steps=3)
    later = toy.trainer(schedule="linear", warmup_steps=3)
    later._epochs_before = 7
    assert first.run_epoch(1).learning_rate == later.run_epoch(8).learning_rate
