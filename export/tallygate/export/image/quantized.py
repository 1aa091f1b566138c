"""Float weights to the integers of :mod:`tallygate.runtime.engines.integer.model`.

The codes are taken from the float32 weights, not from the int8 variant's codes: one-word texts then come nine times
nearer to the reference. A scale belongs to a row of a matrix, and becomes a shift and a multiplier of 15 bits.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from tallygate.export.image.formats import Formats
from tallygate.export.image.function_tables import candidate_table, cell_table, sigmoid_table
from tallygate.export.image.head import head_from_weights
from tallygate.runtime.engines.integer import CODE_ONE, Direction, InputTable, IntegerModel, Pooling, largest_input_code
from tallygate.runtime.engines.plain import DirectionWeights, Weights
from tallygate.runtime.errors import VariantUnfitError

Floats = NDArray[np.float64]
_LARGEST_CODE = 127
_PAIR_BOUND = 129
"""Two recurrent weights of one sign that meet neighbouring codes, together: AVX2 multiplies bytes, codes up to 254, and
adds neighbours to int16, which holds 254 * 129. It multiplies numbers of 16 bits half as fast."""
_WIDER = 1 + 2.0**-10
_MAX_RECURRENT_SHIFT = 24
_MAX_TABLE_SHIFT = 62
_MAX_OFFSET = 2.0**61


def check_is_plain(weights: Weights) -> None:
    """Raise :class:`VariantUnfitError` for parts that no image has yet."""
    if weights.pooling not in get_args(Pooling):
        raise VariantUnfitError("the integer variant", "has no joined pooling yet", "leave it out")


def integer_from_weights(weights: Weights, formats: Formats) -> IntegerModel:
    """The integers of one classifier. Raises :class:`VariantUnfitError` for what no image holds."""
    check_is_plain(weights)
    codes = largest_input_code(weights.embedding.shape[1])
    unit = float(np.abs(weights.embedding).max()) / codes or 1.0
    layers = tuple(
        tuple(_direction(direction, formats, first=number == 0) for direction in layer)
        for number, layer in enumerate(weights.layers)
    )
    tables = tuple(
        _input_table(direction, quantized, unit, formats)
        for direction, quantized in zip(weights.layers[0], layers[0], strict=True)
    )
    return IntegerModel(
        embedding=np.rint(weights.embedding.astype(np.float64) / unit).astype(np.int16),
        inputs=tables,
        layers=layers,
        sigmoid=sigmoid_table(),
        candidate=candidate_table(formats.cell_bits),
        cell=cell_table(),
        head=head_from_weights(weights),
        pooling=_pooling(weights),
        floor=weights.pooling_floor,
        gate_bits=formats.gate_bits,
        cell_bits=formats.cell_bits,
        ngrams=weights.ngrams,
    )


def _pooling(weights: Weights) -> Pooling:
    names: dict[str, Pooling] = {"last": "last", "mean": "mean", "max": "max"}
    return names[weights.pooling]


def _direction(direction: DirectionWeights, formats: Formats, first: bool) -> Direction:
    """Above the first layer, what is read from below and what is remembered share a sum, so they share scales."""
    matrices = [direction.recurrence] if first else [direction.inputs, direction.recurrence]
    matrix = np.concatenate(matrices, axis=1).astype(np.float64)
    codes, scales = _bounded_codes(matrix)
    gain = _gate_gain(direction.units, formats)
    shifts, multipliers = _shift_and_multiplier(scales / CODE_ONE * gain)
    bias = direction.bias * gain + _cut_off(shifts, multipliers)
    return Direction(
        weights=codes,
        shifts=shifts,
        multipliers=multipliers,
        bias=np.zeros(len(bias), np.int16) if first else np.rint(bias).clip(-32_768, 32_767).astype(np.int16),
    )


def _input_table(direction: DirectionWeights, product: Direction, unit: float, formats: Formats) -> InputTable:
    weights = direction.inputs.astype(np.float64)
    scales = np.abs(weights).max(axis=1) / largest_input_code(weights.shape[1])
    scales = np.where(scales > 0, scales, 1.0)
    gain = _gate_gain(direction.units, formats)
    addend = direction.bias * gain + _cut_off(product.shifts, product.multipliers) + 0.5
    scaled = scales * unit * gain
    room = np.floor(np.log2(_MAX_OFFSET / np.maximum(np.abs(addend), 1.0)))
    shifts = np.minimum(30 - np.ceil(np.log2(scaled)), np.minimum(room, _MAX_TABLE_SHIFT)).clip(1)
    return InputTable(
        weights=np.rint(weights / scales[:, None]).astype(np.int16),
        multipliers=np.rint(scaled * 2.0**shifts).astype(np.int32),
        shifts=shifts.astype(np.uint8),
        offsets=np.rint(addend * 2.0**shifts).astype(np.int64),
    )


def _bounded_codes(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Codes of [rows, width] whose neighbours keep the pair bound, and the scale of each row.

    Each scale is the least that fits both bounds; a row that rounding takes over the pair's has it a little wider.
    """
    largest = np.maximum(np.abs(matrix).max(axis=1) / _LARGEST_CODE, _largest_pairs(matrix) / _PAIR_BOUND)
    scales = np.where(largest > 0, largest, 1.0)
    while True:
        codes = np.rint(matrix / scales[:, None])
        over = _largest_pairs(codes) > _PAIR_BOUND
        if not over.any():
            return codes.astype(np.int8), scales
        scales = np.where(over, scales * _WIDER, scales)


def _largest_pairs(matrix: Floats) -> Floats:
    """The largest sum of neighbours of one sign of each row, [rows]: columns 0 and 1, 2 and 3, and so on."""
    even = matrix.shape[1] // 2 * 2
    pairs = np.stack([matrix[:, 0:even:2], matrix[:, 1:even:2]])
    sums = np.maximum(np.maximum(pairs, 0).sum(axis=0), np.maximum(-pairs, 0).sum(axis=0))
    result: Floats = sums.max(axis=1, initial=0.0)
    return result


def _gate_gain(units: int, formats: Formats) -> Floats:
    """Units of Qz per 1 of a pre-activation, [4 * units]: the candidate's table reads twice its argument."""
    gain: Floats = np.repeat([1.0, 1.0, 1.0, 2.0], units) * 2.0**formats.gate_bits
    return gain


def _shift_and_multiplier(factors: Floats) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Each factor as ``multiplier / 2^15 / 2^shift``, the multiplier in [2^14, 2^15) where the factor is below 1."""
    shifts = np.maximum(np.floor(-np.log2(factors)), 0).clip(0, _MAX_RECURRENT_SHIFT)
    multipliers = np.rint(factors * 2.0 ** (shifts + 15)).clip(0, 32_767)
    return shifts.astype(np.uint8), multipliers.astype(np.int16)


def _cut_off(shifts: NDArray[np.uint8], multipliers: NDArray[np.int16]) -> Floats:
    """Mean of what a floor shift drops, in Qz: half a unit behind the shift."""
    result: Floats = np.where(shifts > 0, 0.5, 0.0) * multipliers / 2.0**15
    return result
