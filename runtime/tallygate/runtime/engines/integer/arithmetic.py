"""The integer operations of the specification. Every native kernel is a faster copy of these five.

All values are int16 in meaning; numpy holds them in int32, so that a product of two fits. A format Qn counts in units
of 2^-n. Nothing is rounded twice: a rescale is one shift to int16 and one rounded product.

==============  ===================================================================================================
format          meaning
==============  ===================================================================================================
hidden code     int8 in [-127, 127], units of 1/127: what the next step and the next layer multiply
hidden state    int16 in [-32639, 32639], units of 1/32512 (32512 = 256 * 127): what is pooled; a code is its upper byte
Qz, z = 8..10   pre-activation of a gate, int16: +-32 in Q10, twice as wide for each bit less
Q12             argument of a table, int16, +-8: beyond it both functions are 1 to four digits
Q15             value of the sigmoid, int16
Qc, c = 10..12  cell and candidate, int16: +-8 in Q12, twice as wide for each bit less
==============  ===================================================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int32]

CODE_ONE = 127
"""The code of a hidden state of 1."""
STATE_ONE = 256 * CODE_ONE
"""A hidden state of 1 in its own units."""
STATE_MAX = 32_639
"""Largest magnitude of a hidden state: (32639 + 128) >> 8 is still the code 127, and (-32639 + 128) >> 8 is -127."""
ARGUMENT_BITS = 12
"""A table's argument is Q12."""
SEGMENTS = 32
"""Pieces of a table over the 65,536 arguments."""
_SEGMENT_SHIFT = 11
_HALF = 0x4000
_LOW, _HIGH = -32_768, 32_767


def saturate(values: NDArray[Any]) -> Integers:
    """Clip to int16: ``packs``, ``adds`` and ``qmovn`` of the processors."""
    result: Integers = np.clip(values, _LOW, _HIGH).astype(np.int32, copy=False)
    return result


def multiply_round(a: NDArray[Any], b: NDArray[Any]) -> Integers:
    """``(a * b + 2^14) >> 15``: ``pmulhrsw`` on x86, ``sqrdmulh`` on ARM. Never both -32768, where those two differ."""
    result: Integers = np.multiply(a, b, dtype=np.int32)
    result += _HALF
    result >>= 15
    return result


def doubled(values: Integers, times: int) -> Integers:
    """``values * 2^times`` with saturation after each doubling, as repeated ``adds`` do."""
    for _ in range(times):
        values = saturate(values + values)
    return values


def table_values(segments: NDArray[np.int16], arguments: Integers) -> Integers:
    """A function by quadratic pieces, [3, 32] coefficients a, b, c: ``a + t * (b + t * c)`` with rounded products.

    The upper five bits of the Q12 argument choose the piece (in the order of the bits: arguments from 0 up first,
    then the negative ones); the lower eleven, centred and scaled to Q15, are t. Sums wrap to int16, which a table that
    the image's reader accepts never needs.
    """
    piece, t = _piece_and_place(arguments)
    a, b, c = segments.astype(np.int32)[:, piece]
    return _wrapped(a + multiply_round(t, _wrapped(b + multiply_round(t, c))))


def all_values(segments: NDArray[np.int16]) -> Integers:
    """The function's value for each argument, [65536]; the argument's bits, read as unsigned, are the place."""
    return table_values(segments, np.arange(65_536, dtype=np.int32))


def sums_of_all_values(segments: NDArray[np.int16]) -> tuple[Integers, Integers]:
    """The inner sum ``b + t * c`` and the outer one for each argument, [65536] each, before they wrap."""
    piece, t = _piece_and_place(np.arange(65_536, dtype=np.int32))
    a, b, c = segments.astype(np.int32)[:, piece]
    inner = b + multiply_round(t, c)
    return inner, a + multiply_round(t, saturate(inner))


def _piece_and_place(arguments: Integers) -> tuple[Integers, Integers]:
    return (arguments & 0xFFFF) >> _SEGMENT_SHIFT, _wrapped((arguments << 5) ^ 0x8000)


def hidden_codes(states: Integers) -> Integers:
    """Hidden states (1/32512) to codes (1/127): the rounded upper byte."""
    result: Integers = saturate(states + 128) >> 8
    return result


def _wrapped(values: Integers) -> Integers:
    return values.astype(np.int16).astype(np.int32)
