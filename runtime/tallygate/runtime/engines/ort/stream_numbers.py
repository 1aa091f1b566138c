"""What a streaming graph's states are in a stream: rows of its inputs, and what numbers some text can give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.pieces.state import StateNumbers, StreamState
from tallygate.runtime.graph import Architecture, Sizes, State, states_of

_MAGIC = b"TGFLOAT\x00"
_ROUNDING = 1 + 2.0**-16
"""Sigmoid and tanh end at 1; what a library's rounding adds to that and to their sums stays below this."""


def numbers_of(architecture: Architecture, sizes: Sizes) -> StateNumbers:
    """The numbers of a state: hidden states and cells in float32; pools in float64, in the order of their names."""
    pools = _pools(states_of(architecture, sizes))
    width = sizes.hidden_size

    def are_good(state: StreamState) -> bool:
        read, least = state.tokens, min(state.tokens, 1)
        bounds = [(state.cells, read), (state.hidden, least)]
        parts = np.split(state.pools, len(pools)) if pools else []
        bounds += [(part, read if pool.is_sum else least) for part, pool in zip(parts, pools, strict=True)]
        return all(bool((np.abs(values) <= bound * _ROUNDING).all()) for values, bound in bounds)

    return StateNumbers(_MAGIC, architecture.layers, width, width * len(pools), "<f8", "<f4", "<f4", are_good)


def stacked(streams: Sequence[StreamState], states: Sequence[State]) -> dict[str, NDArray[Any]]:
    """The graph's states by name, a row per stream."""
    arrays: dict[str, NDArray[Any]] = {"count": np.array([stream.tokens for stream in streams], np.int64)}
    for kind, values in (("cell", [s.cells for s in streams]), ("hidden", [s.hidden for s in streams])):
        for layer, rows in enumerate(np.array(values, np.float32).swapaxes(0, 1)):
            arrays[f"{kind}_{layer:02}"] = np.ascontiguousarray(rows)
    pooled = np.array([stream.pools for stream in streams], np.float64)
    pools = _pools(states)
    for pool, rows in zip(pools, np.split(pooled, max(1, len(pools)), 1), strict=False):
        arrays[pool.name] = np.ascontiguousarray(rows, np.float64 if pool.is_sum else np.float32)
    return {state.name: arrays[state.name] for state in states}


def set_states(streams: Sequence[StreamState], states: Mapping[str, NDArray[Any]]) -> None:
    """The other way: each stream is where its row is."""
    cells, hidden = (
        np.stack([values for name, values in states.items() if name.startswith(kind)], 1) for kind in ("cell", "hidden")
    )
    pools = [values.astype(np.float64) for name, values in states.items() if name.startswith("pool")]
    for row, stream in enumerate(streams):
        stream.tokens, stream.cells, stream.hidden = int(states["count"][row]), cells[row].copy(), hidden[row].copy()
        stream.pools = np.concatenate([values[row] for values in pools]) if pools else stream.pools


def _pools(states: Sequence[State]) -> list[State]:
    return [state for state in states if state.name.startswith("pool")]
