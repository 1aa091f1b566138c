"""Temperature scaling: what makes probabilities honest and changes no label."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from tallygate.runtime.bundle import Temperatures
from tallygate.train.loop import EncodedSplit
from tallygate.train.network import LSTMClassifier
from tallygate.train.scores.crops import crops_of
from tallygate.train.scores.evaluation import evaluate
from tallygate.train.scores.length_law import Answers, fit_length_law


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    """The one temperature T for which ``logits / T`` make the labels likeliest.

    ``logits`` float [rows, outputs] and ``targets`` int64 [rows], of validation rows.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
    """
    rows = Answers(logits=logits.float().numpy(), targets=targets.numpy(), lengths=np.ones(len(targets), np.int64))
    return fit_length_law(rows, None, hinge=1).at_hinge


def fit_temperatures(model: LSTMClassifier, validation: EncodedSplit) -> Temperatures:
    """Temperatures by length, fitted on the validation texts, of which there is at least one, and crops of them."""
    texts = answers_of(model, validation)
    law = fit_length_law(texts, answers_of(model, crops_of(validation)), model.architecture.pooling_floor)
    return law.temperatures(int(texts.lengths.max()))


def answers_of(model: LSTMClassifier, split: EncodedSplit) -> Answers:
    """What the model says to every row."""
    return answers_from_logits(evaluate(model, split), split)


def answers_from_logits(logits: Tensor, split: EncodedSplit) -> Answers:
    """What a model said to every row, float32 [rows, outputs]."""
    lengths = np.fromiter(map(len, split.rows), np.int64, len(split))
    return Answers(logits=logits.numpy(), targets=split.targets, lengths=lengths)
