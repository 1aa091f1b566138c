"""Temperature scaling by length: a short text's logits say less than a long one's of the same size, or more.

With n tokens and n0 of the network's pooling floor,

    T(n) = t (max(n, n0) / n0)^b (min(n, n0) / n0)^c

so T(n0) = t, and the law may bend where the network does: below the floor a mean grows with n, above it does not.
Without a floor n0 is 1, and it is a power law. b and c are 0 unless the validation texts carry them. What is fitted is
the negative log-likelihood of whole validation texts and, with the same weight, of crops of them: reviews alone say
nothing of texts of ten words. Source of the temperature: Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from tallygate.runtime.bundle import MAX_TEMPERATURES, Temperatures

LOWEST, HIGHEST = 0.25, 100.0
"""Bounds of a temperature. Without the lower one, logits that make no mistake on the validation rows have temperature
0, though all that such rows tell is that they were too few."""
_STEEPEST = 2.0
_CARRIED = 6.63
"""What twice the gain in log-likelihood must reach for one more parameter: 1% of chance (Wilks 1938)."""
_DIGITS = 7

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What a model answered to texts of known labels."""

    logits: NDArray[np.float32]
    """[rows, outputs]."""
    targets: NDArray[np.int64]
    """[rows]."""
    lengths: NDArray[np.int64]
    """[rows] tokens, at least 1."""


@dataclass(frozen=True)
class LengthLaw:
    """The numbers of the law above."""

    hinge: int
    """n0."""
    at_hinge: float
    """t."""
    above: float = 0.0
    """b."""
    below: float = 0.0
    """c."""

    def __str__(self) -> str:
        n0 = self.hinge
        bent = (("max", self.above), ("min", self.below))
        bases = {name: f"({name}(n, {n0}) / {n0})" if n0 > 1 else "n" for name, _ in bent}
        factors = [f"{bases[name]}^{power:.3f}" for name, power in bent if power]
        return " ".join([f"{self.at_hinge:.4g}", *factors]) if factors else f"{self.at_hinge:.4g} for every length"

    def of(self, lengths: NDArray[np.int64]) -> Floats:
        """Temperatures of texts of so many tokens, within the bounds."""
        above, below = _bends(lengths, self.hinge)
        logs = math.log(self.at_hinge) + self.above * above + self.below * below
        return np.exp(np.clip(logs, math.log(LOWEST), math.log(HIGHEST)))

    def temperatures(self, longest: int) -> Temperatures:
        """The law for 1 to ``longest`` tokens, which is as far as it was fitted; one number where it is the same."""
        bends = self.above or self.below
        values = self.of(np.arange(1, min(longest, MAX_TEMPERATURES) + 1)) if bends else self.of(np.ones(1, np.int64))
        # Of so few digits that libraries agree on them.
        return Temperatures(law=str(self), table=tuple(float(f"{value:.{_DIGITS}g}") for value in values))


def fit_length_law(texts: Answers, crops: Answers | None, hinge: int) -> LengthLaw:
    """The law for which ``logits / T(n)`` make the labels of ``texts`` and ``crops`` likeliest.

    ``texts`` must hold at least one row; ``crops`` are parts of them, as many of each.
    """
    parts = [texts] if crops is None else [texts, crops]
    losses = [_loss_of(part, hinge) for part in parts]

    def twice_loss(numbers: Sequence[float]) -> float:
        """-2 log-likelihood, crops together counting as much as the texts that they were taken from."""
        law = _law(hinge, numbers)
        return 2 * len(texts.lengths) * float(sum(loss(law) for loss in losses)) / len(parts)

    best = _fitted(twice_loss, (), (True, False, False))
    for free in ((True, True, False), (True, True, True)) if hinge > 1 else ((True, True, False),):
        found = _fitted(twice_loss, best, free)
        if twice_loss(best) - twice_loss(found) >= _CARRIED * (sum(free) - sum(map(bool, best))):
            best = found
    return _law(hinge, best)


def _law(hinge: int, numbers: Sequence[float]) -> LengthLaw:
    logarithm, above, below = numbers
    return LengthLaw(hinge=hinge, at_hinge=math.exp(logarithm), above=above, below=below)


def _fitted(
    loss: Callable[[Sequence[float]], float], start: Sequence[float], free: tuple[bool, bool, bool]
) -> tuple[float, float, float]:
    reach = math.log(LOWEST), math.log(HIGHEST)
    bounds = [reach, *((-_STEEPEST, _STEEPEST) if is_free else (0.0, 0.0) for is_free in free[1:])]
    found = minimize(loss, start or (0.0, 0.0, 0.0), bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-12})
    logarithm, above, below = map(float, found.x)
    return logarithm, above, below


def _loss_of(answers: Answers, hinge: int) -> Callable[[LengthLaw], float]:
    logits = answers.logits.astype(np.float64)
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    places = np.arange(len(logits)), answers.targets

    def loss(law: LengthLaw) -> float:
        scaled = logits / law.of(answers.lengths)[:, None]
        return float((logsumexp(scaled, axis=1) - scaled[places]).mean())

    return loss


def _bends(lengths: NDArray[np.int64], hinge: int) -> tuple[Floats, Floats]:
    """Logarithms of ``max(n, n0) / n0`` and ``min(n, n0) / n0``."""
    return np.log(np.maximum(lengths, hinge) / hinge), np.log(np.minimum(lengths, hinge) / hinge)
