"""The learning rate at each step."""

from __future__ import annotations

import math

from tallygate.train.presets import TrainingPreset

FLOOR = 0.01
"""Share of the learning rate at which `cosine` and `linear` end."""


def learning_rate(preset: TrainingPreset, step: int, steps: int) -> float:
    """Step size of step ``step``, counted from 0, out of ``steps``.

    It rises in equal parts over the warm-up, then is constant, or falls to 1% at the last step: in a straight line,
    or along half a cosine (Loshchilov & Hutter 2017).
    """
    if step < preset.warmup_steps:
        return preset.learning_rate * (step + 1) / preset.warmup_steps
    done = (step - preset.warmup_steps) / max(steps - 1 - preset.warmup_steps, 1)
    return preset.learning_rate * _factor(preset.schedule, done)


def _factor(schedule: str, done: float) -> float:
    if schedule == "constant":
        return 1.0
    return FLOOR + (1.0 - FLOOR) * (1.0 - done) if schedule == "linear" else cosine_share(done)


def cosine_share(done: float) -> float:
    """The share of the learning rate that is left when ``done`` of the way (0 to 1) is done, along half a cosine."""
    return FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + math.cos(math.pi * done))
