"""Which formats a model needs: measured, so that nothing is clipped silently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.batches import batches_by_length, pad
from tallygate.runtime.engines.plain import DirectionWeights, Weights, reverse_within_length, sigmoid
from tallygate.runtime.errors import VariantUnfitError

Array = NDArray[np.float32]
_MARGIN = 1.25
"""Texts that were not measured may go this much further."""
_INT16 = 2.0**15


@dataclass(frozen=True)
class Formats:
    """The choices that an image holds."""

    gate_bits: int = 10
    """z of Qz: a gate's pre-activation is below 2^(15 - z)."""
    cell_bits: int = 12
    """c of Qc: a cell is below 2^(15 - c)."""


@dataclass(frozen=True)
class Ranges:
    """Largest magnitudes over some texts."""

    remembered: float
    """Of what the states add to a pre-activation; the candidate's count twice."""
    gate: float
    """Of a pre-activation, and of what any word of the vocabulary adds to it; the candidate's count twice."""
    cell: float


def measured_ranges(weights: Weights, rows: Sequence[Sequence[int]]) -> Ranges:
    """Run the float model over ``rows`` of ids."""
    found = _of_vocabulary(weights)
    for positions in batches_by_length(rows, 256):
        batch = pad([rows[position] for position in positions])
        states: Array = weights.embedding[batch.ids]
        for layer in weights.layers:
            parts = []
            for place, direction in enumerate(layer):
                inputs = reverse_within_length(states, batch.lengths) if place else states
                reached, outputs = _run(direction, inputs, batch.lengths)
                found = _wider(found, reached)
                parts.append(reverse_within_length(outputs, batch.lengths) if place else outputs)
            states = np.concatenate(parts, axis=2)
    return found


def formats_for(ranges: Ranges) -> Formats:
    """The finest formats that hold ``ranges``. Raises :class:`VariantUnfitError` where none holds them."""
    # A multiplier may be as small as a half, so what the states add has one bit less.
    reached = max(2 * ranges.remembered, ranges.gate) * _MARGIN
    gate = next((bits for bits in (10, 9, 8) if reached < _INT16 / 2**bits), None)
    cell = next((bits for bits in (12, 11, 10) if ranges.cell * _MARGIN < _INT16 / 2**bits), None)
    if gate is None or cell is None:
        where = f"{reached:.3g} before its gates" if gate is None else f"{ranges.cell * _MARGIN:.3g} in its cells"
        reason = f"reaches {where}, too far for int16"
        raise VariantUnfitError("the integer variant", reason, "train with weight decay, or leave the variant out")
    return Formats(gate, cell)


def _of_vocabulary(weights: Weights) -> Ranges:
    tables = [weights.embedding @ direction.inputs.T + direction.bias for direction in weights.layers[0]]
    return Ranges(0.0, max(float(np.abs(table * _twice(table.shape[1] // 4)).max()) for table in tables), 0.0)


def _wider(a: Ranges, b: Ranges) -> Ranges:
    return Ranges(max(a.remembered, b.remembered), max(a.gate, b.gate), max(a.cell, b.cell))


def _twice(units: int) -> Array:
    return np.repeat([1.0, 1.0, 1.0, 2.0], units).astype(np.float32)


def _run(direction: DirectionWeights, inputs: Array, lengths: NDArray[np.int64]) -> tuple[Ranges, Array]:
    """One direction over a batch: what it reached, and its states."""
    projected = inputs @ direction.inputs.T + direction.bias
    hidden = np.zeros((len(inputs), direction.units), np.float32)
    cell = np.zeros_like(hidden)
    twice = _twice(direction.units)
    states = np.empty((*inputs.shape[:2], direction.units), np.float32)
    reached = Ranges(0.0, 0.0, 0.0)
    for step in range(inputs.shape[1]):
        rows = np.flatnonzero(lengths > step)
        remembered = hidden @ direction.recurrence.T
        total = projected[:, step] + remembered
        i, o, f, c = np.split(total, 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        states[:, step] = hidden = sigmoid(o) * np.tanh(cell)
        largest = [float(np.abs(part[rows]).max()) for part in (remembered * twice, total * twice, cell)]
        reached = _wider(reached, Ranges(*largest))
    return reached, states
