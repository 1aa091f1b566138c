"""What an image must hold beyond fitting its sections: the MUST lines of ``docs/device-image.md``, one rule each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.bundle import MAX_TEMPERATURE, MIN_TEMPERATURE
from tallygate.runtime.engines.integer import image_layout as layout
from tallygate.runtime.engines.integer.arithmetic import STATE_MAX, sums_of_all_values
from tallygate.runtime.engines.integer.image_layout import Sizes
from tallygate.runtime.engines.integer.model import (
    DIRECTIONS,
    HIDDEN_SIZES,
    INPUT_SIZES,
    LAYERS,
    MAX_LENGTH,
    largest_input_code,
)
from tallygate.runtime.text import FIRST_WORD, TEXT_VERSION
from tallygate.runtime.unicode import UNICODE_VERSION, WORD, unicode_tables

Arrays = Mapping[str, NDArray[Any]]
MAX_ROWS = 2**22
MAX_WORDS = 2**23
MAX_OUTPUTS = 4096
MAX_BYTES = 2**28
MAX_RUN = 256
"""Full hash slots in a row: what looking up a word may cost."""


def check_sizes(s: Sizes) -> None:
    """Raise :class:`ValueError` for the first size that is out of its range."""
    slots = s.hash_slots
    rules = {
        "task": s.task == layout.TEXT_CLASSIFICATION,
        "rows": FIRST_WORD <= s.rows <= MAX_ROWS,
        "inputs": s.inputs in INPUT_SIZES,
        "hidden": s.hidden in HIDDEN_SIZES,
        "layers": s.layers in LAYERS,
        "directions": s.directions in DIRECTIONS,
        "outputs": s.outputs == (1 if s.labels == 2 else s.labels),
        "labels": 2 <= s.labels <= MAX_OUTPUTS,
        "pooling": s.pooling < len(layout.POOLINGS),
        "floor": 1 <= s.floor <= MAX_LENGTH,
        "activation": s.activation < len(layout.ACTIVATIONS),
        "gate_bits": s.gate_bits in (8, 9, 10),
        "cell_bits": s.cell_bits in (10, 11, 12),
        "text_version": s.text_version == TEXT_VERSION,
        "unicode_version": s.unicode_version == UNICODE_VERSION,
        "max_length": 1 <= s.max_length <= MAX_LENGTH,
        "keep": s.keep < len(layout.KEEPS),
        "marks": s.marks <= 256,
        "words": s.words <= MAX_WORDS,
        "hash_slots": s.words < slots <= 2**24 and slots & slots - 1 == 0,
        "temperatures": 1 <= s.temperatures <= s.max_length,
        "goldens": s.goldens <= MAX_LENGTH,
        "bytes": max(s.word_bytes, s.label_bytes, s.golden_bytes) <= MAX_BYTES,
    }
    _raise_for_first_broken(rules, "an impossible size")


def check_arrays(s: Sizes, arrays: Arrays) -> None:
    """Raise :class:`ValueError` for the first array whose numbers would not stay in their formats."""
    code = largest_input_code(s.inputs)
    rules = {
        "word_offsets": _rises(arrays["word_offsets"], s.word_bytes),
        "label_offsets": _rises(arrays["label_offsets"], s.label_bytes),
        "golden_offsets": _rises(arrays["golden_offsets"], s.golden_bytes),
        "word_rows": _within(arrays["word_rows"], FIRST_WORD, s.rows - 1),
        "hash_slots": _longest_run(arrays["hash_slots"]) <= MAX_RUN,
        "marks": _marks_are_marks(arrays["marks"]),
        "embedding": _within(arrays["embedding"], -code, code),
        "temperatures": _temperatures_are_normal(arrays["temperatures"]),
        "head_scale": bool(np.isfinite(arrays["head_scale"]).all()) and bool((arrays["head_scale"] > 0).all()),
        "head_bias": bool(np.isfinite(arrays["head_bias"]).all()),
        "head_weights": _head_fits(s, arrays),
        "sigmoid": _reaches(arrays["sigmoid"], 0, 32_767),
        "candidate": _reaches(arrays["candidate"], -32_767, 32_767),
        "cell": _reaches(arrays["cell"], -STATE_MAX, STATE_MAX),
    }
    rules |= {name: _limit_of(name, code, array) for name, array in arrays.items() if "." in name}
    _raise_for_first_broken(rules, "impossible numbers")


def _limit_of(name: str, code: int, array: NDArray[Any]) -> bool:
    layer, part = name.split(".", 1)[0], name.rsplit(".", 1)[1]
    bounds = {
        ("inputs", "weights"): (-code, code),
        ("inputs", "multipliers"): (0, 2**31 - 1),
        ("inputs", "shifts"): (1, 62),
        ("inputs", "offsets"): (-(2**62) + 1, 2**62 - 1),
        ("lstm", "weights"): (-127, 127),
        ("lstm", "multipliers"): (0, 32_767),
        ("lstm", "shifts"): (0, 24),
        ("lstm", "bias"): (-32_768, 32_767),
    }
    return _within(array, *bounds[layer, part])


def _temperatures_are_normal(array: NDArray[np.float64]) -> bool:
    return bool(((array >= MIN_TEMPERATURE) & (array <= MAX_TEMPERATURE)).all())


def _within(array: NDArray[Any], low: int, high: int) -> bool:
    return bool(array.size == 0 or (int(array.min()) >= low and int(array.max()) <= high))


def _rises(offsets: NDArray[np.uint32], end: int) -> bool:
    return bool(offsets[0] == 0 and offsets[-1] == end and (np.diff(offsets.astype(np.int64)) >= 0).all())


def _marks_are_marks(marks: NDArray[np.uint32]) -> bool:
    return (
        bool((np.diff(marks.astype(np.int64)) > 0).all())
        and _within(marks, 1, 0x10FFFF)
        and 0x27 not in marks
        and not any(unicode_tables().classes[mark] & WORD for mark in marks)
    )


def _head_fits(s: Sizes, arrays: Arrays) -> bool:
    """The head's sum stays below 2^62 for the longest text."""
    largest = np.abs(arrays["head_weights"].astype(np.int64)).sum(axis=1).astype(np.float64).max()
    return bool(largest * 32_768 * (s.max_length if layout.POOLINGS[s.pooling] == "mean" else 1) < 2.0**62)


def _longest_run(slots: NDArray[np.uint32]) -> int:
    """Most slots in a row that are full."""
    empty = np.flatnonzero(slots == 0)
    return int(np.diff(empty, prepend=-1, append=len(slots)).max()) - 1


def _reaches(segments: NDArray[np.int16], low: int, high: int) -> bool:
    """Every value of the function lies between ``low`` and ``high``, no sum on the way leaves 16 bits, and no product
    is of -32768 twice, where processors answer differently.
    """
    inner, values = sums_of_all_values(segments)
    return _within(segments[2], -32_767, 32_767) and _within(inner, -32_767, 32_767) and _within(values, low, high)


def _raise_for_first_broken(rules: Mapping[str, bool], what: str) -> None:
    for name, holds in rules.items():
        if not holds:
            raise ValueError(f"{name} has {what}")
