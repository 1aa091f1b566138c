"""All numbers of one integer LSTM: integers, but for the head's two IEEE doubles per output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.ngrams import NgramTables

Pooling = Literal["last", "mean", "max"]
HeadActivation = Literal["linear", "relu", "table"]

LAYERS, DIRECTIONS = range(1, 5), range(1, 3)
HIDDEN_SIZES, INPUT_SIZES = range(1, 513), range(1, 513)
"""Sizes that the specification allows."""
MAX_LENGTH = 65_536
"""Longest text in tokens: 65,536 hidden states of at most 32,639 fit a 32-bit sum."""


def largest_input_code(inputs: int) -> int:
    """Largest magnitude of an input code: the sum of ``inputs`` products of two of them fits int32."""
    return min(32_767, math.isqrt((2**31 - 1) // inputs))


@dataclass(frozen=True)
class Direction:
    """The recurrent product of one direction of one layer; rows hold the gates i, o, f, c one after the other.

    ``z = saturate(multiply_round(saturate(sum >> shift), multiplier) + addend)``, where the addend is the input
    table's row of the word in the first layer, and ``bias`` in the others.
    """

    weights: NDArray[np.int8]
    """[4 * hidden, width] codes in [-127, 127]; the width is hidden, after the codes of the layer below if there is."""
    shifts: NDArray[np.uint8]
    """[4 * hidden], 0 to 24."""
    multipliers: NDArray[np.int16]
    """[4 * hidden] Q15, from 0 up."""
    bias: NDArray[np.int16]
    """[4 * hidden] Qz, twice as large for the candidate's rows; zero in the first layer, whose table holds it."""


@dataclass(frozen=True)
class InputTable:
    """What a word adds to the pre-activations of the first layer, as factors: the table would be far larger.

    ``row = saturate((codes[id] . weights * multiplier + offset) >> shift)``, exact in 32 and 64 bits, Qz.
    """

    weights: NDArray[np.int16]
    """[4 * hidden, inputs] codes."""
    multipliers: NDArray[np.int32]
    """[4 * hidden], from 0 up."""
    shifts: NDArray[np.uint8]
    """[4 * hidden], 1 to 62."""
    offsets: NDArray[np.int64]
    """[4 * hidden], magnitude below 2^62: bias, rounding, and the mean of what the recurrent shift cuts off."""


@dataclass(frozen=True)
class Head:
    """From pooled states to logits: an exact integer sum, then three IEEE double operations in this order.

    ``logit = double(sum) / double(divisor) * scale + bias``; the divisor is 1 unless the pooling is a mean whose
    activation is linear or relu: then it is the greater of length and floor.
    """

    weights: NDArray[np.int32]
    """[outputs, width]."""
    bias: NDArray[np.float64]
    """[outputs]."""
    scale: float
    """What one unit of the sum is worth."""
    activation: HeadActivation
    table: NDArray[np.int16] | None
    """[3, 32] of the activation over pooled states, where it is a table."""


@dataclass(frozen=True)
class IntegerModel:
    """One classifier in integers."""

    embedding: NDArray[np.int16]
    """[rows, inputs] codes."""
    inputs: tuple[InputTable, ...]
    """Forward, and perhaps backward."""
    layers: tuple[tuple[Direction, ...], ...]
    """By layer, then forward and perhaps backward."""
    sigmoid: NDArray[np.int16]
    """[3, 32] of a Q12 argument x: sigmoid(x) in Q15."""
    candidate: NDArray[np.int16]
    """[3, 32] of a Q12 argument 2x: tanh(x) in Qc."""
    cell: NDArray[np.int16]
    """[3, 32] of a Q12 argument 2x: tanh(x) in units of 1/32512."""
    head: Head
    pooling: Pooling
    floor: int
    """Least divisor of a mean."""
    gate_bits: int
    """z of Qz."""
    cell_bits: int
    """c of Qc."""
    ngrams: NgramTables | None = None
    """Words and n-grams beside the LSTM, which add ``double(sum of codes) * double(scale)`` to its logits, last."""

    @property
    def hidden_size(self) -> int:
        """Units per direction."""
        return int(self.layers[0][0].weights.shape[0]) // 4

    @property
    def width(self) -> int:
        """Hidden states per step, of all directions."""
        return self.hidden_size * len(self.inputs)

    @property
    def outputs(self) -> int:
        """Logits per text."""
        return len(self.head.bias)
