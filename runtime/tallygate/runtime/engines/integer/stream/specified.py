"""Streams in numpy: the specification, and what reads streams where the C core is not there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.image import DeviceImage
from tallygate.runtime.engines.integer.lstm import IntegerLSTM, head_logits
from tallygate.runtime.engines.integer.model import IntegerModel
from tallygate.runtime.engines.integer.stream.errors import check_pushed, too_long, wrong_utf8
from tallygate.runtime.engines.integer.stream.state import MOST_TOKENS, StateBytes, StreamState
from tallygate.runtime.engines.integer.stream.text import PieceReader, WaitedFor, decoded
from tallygate.runtime.text import UNKNOWN

_ROOM = 32
"""Ids that one character may end, beside its own bytes."""


class NumpyStreams:
    """Streams of one image, by number."""

    def __init__(self, image: DeviceImage, digest: bytes, lstm: IntegerLSTM, count: int) -> None:
        self._model, self._lstm = image.model, lstm
        self._reader = PieceReader(image)
        self._bytes = StateBytes(image, digest, self._reader)
        self._longest = _longest_answer(image.model)
        self._states = [self._empty() for _ in range(count)]

    @property
    def state_size(self) -> int:
        """Bytes of a stream's state."""
        return self._bytes.size

    def push(self, numbers: Sequence[int], pieces: Sequence[bytes]) -> None:
        """Stream ``numbers[i]`` reads ``pieces[i]``, UTF-8. Raises :class:`InputError` before anything is read."""
        check_pushed(numbers, pieces)
        states = [self._states[number] for number in numbers]
        for state, piece in zip(states, pieces, strict=True):
            _check_piece(state, piece)
        ids = [self._reader.read(state.waited, piece) for state, piece in zip(states, pieces, strict=True)]
        self._advance(states, ids)

    def logits(self, numbers: Sequence[int], waiting: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Logits [numbers, outputs] and tokens [numbers] of what was read so far: as if the text ended here, or, unless
        ``waiting``, of the words that have ended alone. Raises :class:`InputError` for a stream that is too long.
        """
        states = [_copy(self._states[number]) for number in numbers]
        ids = [self._reader.end(state.waited) if waiting else [] for state in states]
        ids = [more or [UNKNOWN] * (state.tokens == 0) for state, more in zip(states, ids, strict=True)]
        self._advance(states, ids)
        tokens = np.array([state.tokens for state in states], np.int64)
        if len(tokens) and int(tokens.max()) > self._longest:
            raise too_long()
        pools = np.array([state.pools for state in states], np.int64).reshape(len(states), -1)
        return head_logits(self._model, pools, tokens), tokens

    def state(self, number: int) -> bytes:
        """What the stream remembers, to be resumed anywhere."""
        return self._bytes.to_bytes(self._states[number])

    def resume(self, number: int, state: bytes) -> None:
        """The stream goes on where the saved one was. Raises :class:`InputError` for what is no state of this model."""
        self._states[number] = self._bytes.from_bytes(state)

    def clear(self, number: int) -> None:
        """The stream begins anew."""
        self._states[number] = self._empty()

    def _empty(self) -> StreamState:
        shape = len(self._model.layers), self._model.hidden_size
        pools, cells, codes = np.zeros(shape[1], np.int64), np.zeros(shape, np.int16), np.zeros(shape, np.int8)
        return StreamState(0, pools, cells, codes, WaitedFor())

    def _advance(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> None:
        """Each stream by its own ids, all streams that have one more in one step."""
        for step in range(max(map(len, ids), default=0)):
            moving = [number for number, own in enumerate(ids) if len(own) > step]
            codes = np.stack([states[number].codes for number in moving], 1)
            cells = np.stack([states[number].cells for number in moving], 1).astype(np.int32)
            hidden = self._lstm.advance(np.array([ids[number][step] for number in moving]), codes, cells)
            for place, number in enumerate(moving):
                state = states[number]
                state.codes, state.cells = codes[:, place].copy(), cells[:, place].astype(np.int16)
                state.pools = _pooled(self._model.pooling, state, hidden[place].astype(np.int64))
                state.tokens += 1


def _pooled(pooling: str, state: StreamState, hidden: NDArray[np.int64]) -> NDArray[np.int64]:
    if pooling == "mean":
        return state.pools + hidden
    return np.maximum(state.pools, hidden) if pooling == "max" and state.tokens else hidden


def _copy(state: StreamState) -> StreamState:
    """Its arrays are replaced, never written into."""
    return StreamState(state.tokens, state.pools, state.cells, state.codes, state.waited)


def _check_piece(state: StreamState, piece: bytes) -> None:
    if state.tokens + len(piece) + _ROOM > MOST_TOKENS:
        raise too_long()
    try:
        decoded(state.waited.bytes + piece)
    except UnicodeDecodeError as error:
        raise wrong_utf8() from error


def _longest_answer(model: IntegerModel) -> int:
    """Tokens up to which the head's sum stays below 2^62."""
    largest = int(np.abs(model.head.weights.astype(np.int64)).sum(axis=1).max())
    if model.pooling != "mean" or largest == 0:
        return MOST_TOKENS
    return min(2**62 // (32_768 * largest), MOST_TOKENS)
