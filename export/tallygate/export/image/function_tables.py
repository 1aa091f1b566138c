"""The functions of the integer LSTM as quadratic pieces, fitted once here and stored in the image.

They come from exp, tanh and least squares, whose last bits differ between libraries: so a device reads them and never
computes them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer import SEGMENTS, STATE_ONE

Floats = NDArray[np.float64]
_NODES = 64
_Q15_ONE = 32_767
"""The sigmoid never reaches 1, so 2^15 - 1 stands for it."""


def sigmoid_table() -> NDArray[np.int16]:
    """sigmoid(x) in Q15 of x in Q12. Largest error 1.0e-4."""
    return _fitted(_sigmoid, 8.0, _Q15_ONE)


def candidate_table(cell_bits: int) -> NDArray[np.int16]:
    """tanh(x) in Qc of 2x in Q12, so that input gate times candidate is a cell's Qc at once."""
    return _fitted(lambda u: np.tanh(u / 2), 8.0, 2**cell_bits)


def cell_table() -> NDArray[np.int16]:
    """tanh(x) in units of 1/32512 of 2x in Q12."""
    return _fitted(lambda u: np.tanh(u / 2), 8.0, STATE_ONE)


def head_table(function: Callable[[Floats], Floats], scale: float) -> NDArray[np.int16]:
    """``function`` times ``scale`` over pooled states, of -1 to 1 in units of 1/32512."""
    return _fitted(function, 32_768 / STATE_ONE, scale)


def _fitted(function: Callable[[Floats], Floats], limit: float, scale: float) -> NDArray[np.int16]:
    """[3, 32] coefficients over [-limit, limit), through Chebyshev nodes: near the best in the largest error."""
    nodes = np.cos((np.arange(_NODES) + 0.5) / _NODES * np.pi)
    half = limit / SEGMENTS
    centres = -limit + half * (2 * np.arange(SEGMENTS) + 1)
    pieces = np.array([np.polyfit(nodes, function(centre + half * nodes), 2) for centre in centres])
    by_bits = np.roll(pieces, -(SEGMENTS // 2), axis=0)
    coefficients = np.rint(by_bits[:, ::-1].T * scale)
    return np.ascontiguousarray(coefficients.clip(-32_767, 32_767).astype(np.int16))


def _sigmoid(x: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-x))
    return result
