"""Adversarial training: a second reading of each batch, moved toward the greatest loss."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tallygate.train.loop.batching import tensors_of
from tallygate.train.loop.objective import losses
from tallygate.train.loop.trainer import EpochTotals, Trainer
from tests.train.loop.toy import Toy, weights


def _without_dropout(trainer: Trainer) -> Trainer:
    for module in trainer.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return trainer


def test_an_adversarial_step_goes_toward_the_greatest_loss_within_each_text() -> None:
    trainer = _without_dropout(Toy().trainer(adversarial=3.0))
    batch = tensors_of(trainer.train, np.arange(8))
    read: list[tuple[Tensor, Tensor, Tensor]] = []
    hook = trainer.model.register_forward_pre_hook(lambda module, inputs: read.append(inputs))
    rms = float(trainer.model.embedding.weight.detach().square().mean().sqrt())
    logits = [trainer.model(batch.ids, batch.lengths)]
    trainer.step(batch, EpochTotals(1))
    hook.remove()
    fresh = _without_dropout(Toy().trainer())
    shift = read[2][2]
    torch.testing.assert_close(shift.flatten(1).norm(dim=1), torch.full((8,), 3.0 * rms))
    padding = torch.arange(shift.shape[1]) >= batch.lengths.unsqueeze(1)
    assert padding.any()
    assert not shift[padding].any()
    with torch.no_grad():
        logits.append(fresh.model(batch.ids, batch.lengths, shift))
        draws = torch.randn(20, *shift.shape, generator=torch.Generator().manual_seed(0))
        others = [fresh.model(batch.ids, batch.lengths, draw * (shift.norm() / draw.norm())) for draw in draws]
    clean, moved, *drawn = (losses(found, batch.targets) for found in [*logits, *others])
    assert (moved > clean).all()
    assert all(moved.sum() > other.sum() for other in drawn)


def test_half_of_an_adversarial_step_is_of_the_text_as_it_is() -> None:
    """No step at all toward the loss is training without one."""
    plain, still = (_without_dropout(Toy().trainer(adversarial=length)) for length in (0.0, 1e-12))
    for trainer in (plain, still):
        trainer.run_epoch(1)
    torch.testing.assert_close(weights(still), weights(plain))
