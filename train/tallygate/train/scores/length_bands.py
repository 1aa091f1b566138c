"""Calibration by length: a model that is honest over reviews may be certain and wrong over sentences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
import torch

from tallygate.runtime.bundle import Temperatures
from tallygate.train.scores.calibration_error import Reliability, confidences_from_logits, reliability
from tallygate.train.scores.length_law import Answers

EDGES = (1, 5, 10, 20, 50, 100, 200)
"""First number of tokens of each band; the last one has no end."""
LEAST_ROWS = 30
"""Texts below which a band is left out: its error would be chance."""


class LengthBand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts of some lengths, without and with temperatures."""

    tokens: str
    """Their lengths, such as ``5 to 9``."""
    rows: int
    accuracy: float
    before: Reliability
    after: Reliability


def bands_by_length(parts: Sequence[Answers], temperatures: Temperatures) -> list[LengthBand]:
    """The bands, the shortest first, of all ``parts`` together."""
    lengths = np.concatenate([part.lengths for part in parts])
    logits = np.concatenate([part.logits for part in parts])
    targets = np.concatenate([part.targets for part in parts])
    bands = []
    for low, end in pairwise((*EDGES, np.inf)):
        inside = (lengths >= low) & (lengths < end)
        if inside.sum() >= LEAST_ROWS:
            name = f"{low} to {int(end) - 1}" if np.isfinite(end) else f"{low} and more"
            chosen = Answers(logits=logits[inside], targets=targets[inside], lengths=lengths[inside])
            bands.append(_band(name, chosen, temperatures))
    return bands


def _band(name: str, answers: Answers, temperatures: Temperatures) -> LengthBand:
    logits = torch.from_numpy(answers.logits)
    before, after = (
        confidences_from_logits(logits, answers.targets, divisors)
        for divisors in (1.0, temperatures.of(answers.lengths))
    )
    return LengthBand(
        tokens=name,
        rows=len(answers.targets),
        accuracy=float(after.right.mean()),
        before=reliability(before),
        after=reliability(after),
    )
