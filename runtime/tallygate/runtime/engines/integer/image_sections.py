"""The arrays of one section, where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.image_layout import ArraySpec, padded, section_size


def arrays_of_section(tag: str, data: bytes, specs: Sequence[ArraySpec]) -> dict[str, NDArray[Any]]:
    """By name. Raises :class:`ValueError` for a section of another size."""
    if len(data) != section_size(list(specs)):
        raise ValueError(f"section {tag} has {len(data)} bytes")
    arrays, offset = {}, 0
    for spec in specs:
        flat = np.frombuffer(data, spec.dtype, int(np.prod(spec.shape)), offset)
        arrays[spec.name] = flat.reshape(spec.shape)
        offset += padded(spec.size)
    return arrays
