"""Two sets of logits for the same texts, and how far they are apart.

NaN is kept as NaN in every figure, for no limit lets it pass: a comparison that skipped it would call a broken copy
equal. A label is decided as the runtime decides it, a single logit by its sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.prediction import label_indices

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """An engine's logits beside the reference's; both float32 [rows, outputs]."""

    expected: Logits
    found: Logits
    temperatures: NDArray[np.float64] | None = None
    """[rows] what logits are divided by before a user meets them; ``None``: differences are of logits as they are."""

    @property
    def not_finite(self) -> int:
        """Found logits that are NaN or infinite."""
        return int((~np.isfinite(self.found)).sum())

    @property
    def max_difference(self) -> float:
        """Largest difference of any logit as a user meets it, divided by its temperature; NaN where any is NaN."""
        return float(self.differences.max())

    @property
    def max_raw_difference(self) -> float:
        """Largest difference of any logit as it is; NaN where any is NaN."""
        return float(_apart(self.found, self.expected).max())

    @property
    def differences(self) -> NDArray[np.float64]:
        """[rows, outputs]: sizes of the differences, divided by the temperatures."""
        return _divided(_apart(self.found, self.expected), self.temperatures)

    @property
    def flips(self) -> NDArray[np.bool_]:
        """[rows] whether the label differs."""
        flips: NDArray[np.bool_] = label_indices(self.found) != label_indices(self.expected)
        return flips

    def flips_beyond(self, margin: float) -> int:
        """Labels that differ although the reference was decided by at least ``margin``."""
        ahead = _divided(margins(self.expected)[:, None], self.temperatures)[:, 0]
        return int((self.flips & (ahead >= margin)).sum())

    def points_lost(self, targets: NDArray[np.int64]) -> float:
        """Accuracy of the reference less that of the engine, in points.

        By counts, not as a difference of two quotients: one text of 500 is 0.2, no hair more, which a limit may allow.
        """
        right = [int((label_indices(logits) == targets).sum()) for logits in (self.expected, self.found)]
        return 100.0 * (right[0] - right[1]) / max(len(targets), 1)


def joined(parts: Sequence[Comparison]) -> Comparison:
    """All rows of ``parts`` as one comparison."""
    expected, found = (np.concatenate([getattr(part, name) for part in parts]) for name in ("expected", "found"))
    divisors = [part.temperatures for part in parts if part.temperatures is not None]
    return Comparison(expected, found, np.concatenate(divisors) if divisors else None)


def _apart(found: Logits, expected: Logits) -> NDArray[np.float32]:
    with np.errstate(invalid="ignore"):
        distance: NDArray[np.float32] = np.abs(found - expected)
    return distance


def _divided(values: NDArray[np.float32], temperatures: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return values.astype(np.float64) if temperatures is None else values / temperatures[:, None]


def margins(logits: Logits) -> NDArray[np.float32]:
    """[rows, outputs] -> [rows]: how far the predicted label is ahead: a single logit's size, or the best's lead."""
    if logits.shape[1] == 1:
        return np.abs(logits[:, 0])
    best = np.sort(logits, axis=1)
    lead: NDArray[np.float32] = best[:, -1] - best[:, -2]
    return lead


def deviation(logits: Logits) -> float:
    """Standard deviation over the rows of float32 [rows, outputs]; the root mean square of it over several outputs."""
    return float(np.sqrt(np.var(logits.astype(np.float64), axis=0).mean()))
