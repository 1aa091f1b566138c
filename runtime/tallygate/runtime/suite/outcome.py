"""What a model does with the cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tallygate.runtime.prediction import Prediction
from tallygate.runtime.suite.cases import Direction, Invariance, PlacedCase

SURE = 0.99
"""A wrong label above this score is counted by itself: such a model cannot be told to abstain."""


@dataclass(frozen=True)
class Outcome:
    """One case, asked."""

    placed: PlacedCase
    predictions: Sequence[Prediction]
    """Of the case's texts, in their order."""
    failed: bool
    sure: bool
    """Failed with a wrong label above SURE."""


def check_cases(cases: Sequence[PlacedCase], predict: Callable[[list[str]], Sequence[Prediction]]) -> list[Outcome]:
    """Ask all texts at once, and judge case by case."""
    predictions = predict([text for placed in cases for text in placed.case.texts])
    outcomes, start = [], 0
    for placed in cases:
        end = start + len(placed.case.texts)
        outcomes.append(_outcome(placed, predictions[start:end]))
        start = end
    return outcomes


def _outcome(placed: PlacedCase, predictions: Sequence[Prediction]) -> Outcome:
    case, first = placed.case, predictions[0]
    if isinstance(case, Invariance):
        return Outcome(placed, predictions, len({p.likeliest for p in predictions}) > 1, sure=False)
    if isinstance(case, Direction):
        than = predictions[1].probabilities[case.label] - case.slack
        return Outcome(placed, predictions, first.probabilities[case.label] < than, sure=False)
    if case.at_most is not None:
        return Outcome(placed, predictions, first.score > case.at_most, sure=False)
    failed = first.likeliest != case.label
    return Outcome(placed, predictions, failed, sure=failed and first.score > SURE)
