"""Scores: in order, in float32, with the right interval."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tallygate.train.loop.batching import EncodedSplit
from tallygate.train.network.model import Architecture, LSTMClassifier
from tallygate.train.scores.evaluation import confusion_from_logits, evaluate, score_from_logits, wilson_interval


def test_logits_come_in_the_order_of_the_rows_and_without_dropout() -> None:
    torch.manual_seed(0)
    model = LSTMClassifier(
        Architecture(vocabulary_size=30, embedding_size=4, hidden_size=5, outputs=3, dropout=0.5, embedding_dropout=0.5)
    ).train()
    generator = np.random.default_rng(0)
    rows = [generator.integers(2, 30, generator.integers(1, 20)).tolist() for _ in range(150)]
    logits = evaluate(model, EncodedSplit(rows, np.zeros(150, dtype=np.int64)))
    assert model.training
    model.eval()
    with torch.inference_mode():
        alone = torch.cat([model(torch.tensor([row]), torch.tensor([len(row)])) for row in rows])
    torch.testing.assert_close(logits, alone, rtol=0, atol=1e-5)
    assert logits.dtype == torch.float32


def test_wilson_interval_against_published_figures() -> None:
    """Newcombe 1998, table I: 81 of 263, and 0 of 20."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_score_and_confusion() -> None:
    logits = torch.tensor([[1.0], [1.0], [-1.0], [-1.0], [-1.0]])
    targets = np.array([1, 0, 0, 0, 1])
    score = score_from_logits(logits, targets, "mini", "test")
    assert (score.rows, score.accuracy) == (5, 0.6)
    assert score.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert confusion_from_logits(logits, targets, ("negative", "positive")) == [[2, 1], [1, 1]]


def test_confusion_has_a_place_for_a_label_that_never_occurs() -> None:
    logits = torch.tensor([[3.0, 1.0, 0.0], [0.0, 1.0, 0.5]])
    assert confusion_from_logits(logits, np.array([0, 0]), "abc") == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
