"""Streams in numpy: the specification, and what reads streams where the C core is not there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.arithmetic import CODE_ONE, STATE_MAX
from tallygate.runtime.engines.integer.image import DeviceImage
from tallygate.runtime.engines.integer.lstm import IntegerLSTM, head_logits
from tallygate.runtime.engines.integer.model import IntegerModel
from tallygate.runtime.engines.pieces.errors import too_long
from tallygate.runtime.engines.pieces.state import MOST_TOKENS, StateNumbers, StreamState
from tallygate.runtime.engines.pieces.streams import PythonStreams
from tallygate.runtime.engines.pieces.text import PieceReader

_MAGIC = b"TGSTATE\x00"


class NumpyStreams(PythonStreams):
    """Streams of one image, by number. Their states are those of the C core and of every kernel, to the bit."""

    def __init__(self, image: DeviceImage, digest: bytes, lstm: IntegerLSTM, count: int) -> None:
        self._model, self._lstm = image.model, lstm
        self._longest = _longest_answer(image.model)
        super().__init__(PieceReader(image.words, image.punctuation), _numbers(image.model), digest, count)

    def _advance(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> None:
        """Each stream by its own ids, all streams that have one more in one step."""
        for step in range(max(map(len, ids), default=0)):
            moving = [number for number, own in enumerate(ids) if len(own) > step]
            codes = np.stack([states[number].hidden for number in moving], 1)
            cells = np.stack([states[number].cells for number in moving], 1).astype(np.int32)
            hidden = self._lstm.advance(np.array([ids[number][step] for number in moving]), codes, cells)
            for place, number in enumerate(moving):
                state = states[number]
                state.hidden, state.cells = codes[:, place].copy(), cells[:, place].astype(np.int16)
                state.pools = _pooled(self._model.pooling, state, hidden[place].astype(np.int64))
                state.tokens += 1

    def _answer(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        self._advance(states, ids)
        tokens = np.array([state.tokens for state in states], np.int64)
        if len(tokens) and int(tokens.max()) > self._longest:
            raise too_long()
        pools = np.array([state.pools for state in states], np.int64).reshape(len(states), -1)
        return head_logits(self._model, pools, tokens)


def _numbers(model: IntegerModel) -> StateNumbers:
    def are_good(state: StreamState) -> bool:
        largest = STATE_MAX * (state.tokens if model.pooling == "mean" else min(state.tokens, 1))
        pools_are = -largest <= int(state.pools.min()) <= int(state.pools.max()) <= largest
        return pools_are and int(state.hidden.min()) >= -CODE_ONE

    width = model.hidden_size
    return StateNumbers(_MAGIC, len(model.layers), width, width, "<i8", "<i2", "i1", are_good)


def _pooled(pooling: str, state: StreamState, hidden: NDArray[np.int64]) -> NDArray[np.int64]:
    if pooling == "mean":
        return state.pools + hidden
    return np.maximum(state.pools, hidden) if pooling == "max" and state.tokens else hidden


def _longest_answer(model: IntegerModel) -> int:
    """Tokens up to which the head's sum stays below 2^62."""
    largest = int(np.abs(model.head.weights.astype(np.int64)).sum(axis=1).max())
    if model.pooling != "mean" or largest == 0:
        return MOST_TOKENS
    return min(2**62 // (32_768 * largest), MOST_TOKENS)
