"""Losses, predictions and class weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tallygate.train.loop.objective import balanced_weights, losses, predicted, smoothed, soft_losses


def test_one_logit_is_binary_cross_entropy_positive_for_the_second_label() -> None:
    found = losses(torch.tensor([[2.0], [2.0]]), torch.tensor([1, 0]))
    assert found.tolist() == pytest.approx([math.log1p(math.exp(-2.0)), math.log1p(math.exp(2.0))])


def test_more_logits_are_cross_entropy() -> None:
    found = losses(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2]))
    assert found.item() == pytest.approx(math.log(math.exp(1) + math.exp(2) + math.exp(3)) - 3)


def test_one_logit_agrees_with_two() -> None:
    logits, targets = torch.randn(20, 1), torch.arange(20) % 2
    torch.testing.assert_close(losses(logits, targets), losses(torch.cat([0 * logits, logits], 1), targets))


def test_huge_logits_keep_finite_losses() -> None:
    assert losses(torch.tensor([[1e4]]), torch.tensor([0])).item() == pytest.approx(1e4)


def test_predictions() -> None:
    assert predicted(torch.tensor([[0.1], [-0.1]])).tolist() == [1, 0]
    assert predicted(torch.tensor([[0.1, 0.3, 0.2], [5.0, 1.0, 2.0]])).tolist() == [1, 0]


def test_balanced_weights_are_inverse_shares_and_one_on_average() -> None:
    targets = np.array([0] * 6 + [1] * 2 + [2])
    weights = balanced_weights(targets, 4)
    assert weights.tolist() == pytest.approx([9 / 24, 9 / 8, 9 / 4, 0.0])
    three = balanced_weights(targets, 3)
    assert three[torch.from_numpy(targets)].mean().item() == pytest.approx(1.0)


def test_label_smoothing_is_pytorchs() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 1, 2, 3, 0, 1])
    wanted = torch.nn.functional.cross_entropy(logits, targets, label_smoothing=0.2, reduction="none")
    one_hot = torch.nn.functional.one_hot(targets, 4).float()
    torch.testing.assert_close(soft_losses(logits, smoothed(one_hot, 0.2)), wanted)
