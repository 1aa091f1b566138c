"""The parity gates: how far each precision may stray from PyTorch in float32.

A limit is what the precision explains and no more, so that a wrong graph is told from a rounded one: float32 differs by
the order of its sums, float16 and bfloat16 by their 11 and 8 bits, integers by half a scale per weight. Labels may flip
where the reference itself was undecided; how often, depends on the data, so that it is a share of the texts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """The limits of one precision."""

    max_logit_difference: float
    """Largest difference of any logit as a user meets it, divided by the temperature of its text's length; infinity
    where it is only reported."""
    flip_rate: float
    """Share of rows whose label may differ."""
    max_row_difference: float
    """Largest difference of a row's logits, as they are, between batches; infinity where it is only reported."""
    flips_within_margin: float | None = None
    """If set, a label may differ only where the reference's margin is below it."""
    accuracy_points: float | None = None
    """If set, the largest loss of accuracy, in points (1 is one percent)."""
    drift: float | None = None
    """If set, the largest difference of a golden's logit from what the same variant answered at export: a gate that is
    wide enough for rounded weights leaves room for a damaged one, and rounded weights are the same everywhere."""

    def flips_allowed(self, rows: int) -> int:
        """Labels that may differ over ``rows`` texts."""
        return max(1, math.ceil(rows * self.flip_rate))


GATES = {
    "fp32": Gate(1e-4, 0.0, 1e-5, flips_within_margin=1e-4),
    # The fp32 graph with states, asked in pieces with pauses.
    "streaming": Gate(1e-4, 0.0, 1e-5, flips_within_margin=1e-4),
    "fp16": Gate(2e-2, 0.001, 1e-3),
    "bf16": Gate(0.15, 0.005, 1e-2),
    "int8": Gate(0.25, 0.005, 1e-5, accuracy_points=0.2, drift=1e-4),
    "int4": Gate(0.25, 0.005, 1e-5, accuracy_points=0.2, drift=1e-4),
    # The answers at export are kept in decimals; the image holds its goldens to the bit, and engines check those too.
    "integer": Gate(0.25, 0.001, 0.0, accuracy_points=0.1, drift=2e-5),
    "int8-dynamic": Gate(math.inf, 0.01, math.inf, accuracy_points=0.5),
}
"""By precision, as in the parity contract."""


def gate_of(precision: str) -> Gate:
    """The gate of a precision; one that has none of its own is held to float32's."""
    return GATES.get(precision, GATES["fp32"])
