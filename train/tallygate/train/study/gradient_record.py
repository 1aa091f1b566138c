"""``gradients.json``: what was measured, and with which settings."""

from __future__ import annotations

import msgspec

from tallygate.train.study.context import StudyContext
from tallygate.train.study.long_dependency import DependencySettings, dependency_settings


class GradientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The networks and the task of the long-dependency part, with these numbers."""

    distance: int
    """Words of noise between the cue and the answer, where gradients are measured, and at most so many in training."""
    gains: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0)
    """Factors of the simple RNN's orthogonal recurrent weights, so the size of their every eigenvalue."""
    training_gain: float = 2.0
    training_distance: int = 20
    learning_rate: float = 0.3
    """Of plain stochastic gradient descent, with and without clipping."""
    clip_norm: float = 1.0
    steps: int
    """Of that descent."""
    trained: DependencySettings
    """How the networks that are measured after training were trained."""
    texts: int = 32
    """Per batch; gradients are means over so many texts."""
    seed: int


class StateGradients(msgspec.Struct, frozen=True, kw_only=True):
    """One network."""

    name: str
    norms: list[float]
    """Norm of dLoss/dh_t for t = 1 (the state after the cue) to the last state; mean over the texts."""


class ClippedTraining(msgspec.Struct, frozen=True, kw_only=True):
    """One training; lists have an entry per step, and end where a number is no longer finite."""

    bound: float | None
    """Longest gradient that is applied; ``None`` is no clipping."""
    losses: list[float]
    """Mean over the batch in nats, before the step."""
    norms: list[float]
    """Norm of the gradient with respect to all parameters, before clipping."""
    applied_norms: list[float]
    """The same after clipping. Clipping shortens this gradient; it does not change dLoss/dh_t."""


class Gradients(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    settings: GradientSettings
    vanishing: list[StateGradients]
    """Simple RNN and LSTM, with their usual initial weights and after training on the task."""
    exploding: list[StateGradients]
    """The simple RNN at its start, its recurrent weights scaled by each gain."""
    clipping: list[ClippedTraining]
    """The simple RNN trained from recurrent weights scaled by ``training_gain``: without clipping, and with it."""


def gradient_settings(context: StudyContext) -> GradientSettings:
    """The quick form has a short sequence and few steps."""
    trained = dependency_settings(context)
    if context.quick:
        return GradientSettings(distance=20, steps=30, training_distance=10, trained=trained, seed=context.seed)
    return GradientSettings(distance=100, steps=400, trained=trained, seed=context.seed)
