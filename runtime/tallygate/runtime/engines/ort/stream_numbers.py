"""What a streaming graph's states are in a stream: rows of its inputs, and what numbers some text can give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.pieces.state import StateNumbers, StreamState
from tallygate.runtime.graph import Architecture, Sizes, State

_MAGIC = b"TGFLOAT\x00"
_ROUNDING = 1 + 2.0**-16
"""Sigmoid and tanh end at 1; what a library's rounding adds to that and to their sums stays below this."""


def numbers_of(architecture: Architecture, sizes: Sizes) -> StateNumbers:
    """The numbers of a state: hidden states and cells in float32; pools in float64, all zeros where none is kept."""
    pooling = architecture.pooling

    def are_good(state: StreamState) -> bool:
        read, least = state.tokens, min(state.tokens, 1)
        pooled = {"mean": read, "max": least}.get(pooling, 0)
        bounds = (state.pools, pooled), (state.cells, read), (state.hidden, least)
        return all(bool((np.abs(values) <= bound * _ROUNDING).all()) for values, bound in bounds)

    return StateNumbers(_MAGIC, architecture.layers, sizes.hidden_size, "<f8", "<f4", "<f4", are_good)


def stacked(streams: Sequence[StreamState], states: Sequence[State]) -> dict[str, NDArray[Any]]:
    """The graph's states by name, a row per stream."""
    pool = np.float64 if any(state.is_sum for state in states) else np.float32
    arrays: dict[str, NDArray[Any]] = {
        "count": np.array([stream.tokens for stream in streams], np.int64),
        "pool": np.array([stream.pools for stream in streams], pool),
    }
    for kind, values in (("cell", [s.cells for s in streams]), ("hidden", [s.hidden for s in streams])):
        for layer, rows in enumerate(np.array(values, np.float32).swapaxes(0, 1)):
            arrays[f"{kind}_{layer:02}"] = np.ascontiguousarray(rows)
    return {state.name: arrays[state.name] for state in states}


def set_states(streams: Sequence[StreamState], states: Mapping[str, NDArray[Any]]) -> None:
    """The other way: each stream is where its row is."""
    layers = range(sum(name.startswith("cell_") for name in states))
    cells, hidden = (np.stack([states[f"{kind}_{layer:02}"] for layer in layers], 1) for kind in ("cell", "hidden"))
    for row, stream in enumerate(streams):
        stream.tokens, stream.cells, stream.hidden = int(states["count"][row]), cells[row].copy(), hidden[row].copy()
        if "pool" in states:
            stream.pools = states["pool"][row].astype(np.float64)
