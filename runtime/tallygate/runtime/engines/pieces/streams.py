"""Streams in Python, by number: all but the arithmetic, which an engine adds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.pieces.errors import check_pushed, too_long, wrong_utf8
from tallygate.runtime.engines.pieces.state import MOST_TOKENS, StateBytes, StateNumbers, StreamState
from tallygate.runtime.engines.pieces.text import PieceReader, decoded
from tallygate.runtime.text import UNKNOWN

_ROOM = 32
"""Ids that one character may end, beside its own bytes."""


class PythonStreams(ABC):
    """Streams of one model. A state's arrays are replaced, never written into."""

    def __init__(self, reader: PieceReader, numbers: StateNumbers, digest: bytes, count: int) -> None:
        """``digest`` names the model in states, 32 bytes."""
        self._reader, self._numbers = reader, numbers
        self._bytes = StateBytes(numbers, digest, reader)
        self._states = [numbers.empty() for _ in range(count)]

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
        states = [replace(self._states[number]) for number in numbers]
        ids = [self._reader.end(state.waited) if waiting else [] for state in states]
        ids = [more or [UNKNOWN] * (state.tokens == 0) for state, more in zip(states, ids, strict=True)]
        return self._answer(states, ids), np.array([state.tokens for state in states], np.int64)

    def state(self, number: int) -> bytes:
        """What the stream remembers, to be resumed anywhere."""
        return self._bytes.to_bytes(self._states[number])

    def resume(self, number: int, state: bytes) -> None:
        """The stream goes on where the saved one was. Raises :class:`InputError` for what is no state of this model."""
        self._states[number] = self._bytes.from_bytes(state)

    def clear(self, number: int) -> None:
        """The stream begins anew."""
        self._states[number] = self._numbers.empty()

    @abstractmethod
    def _advance(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> None:
        """Each stream by its own ids."""

    @abstractmethod
    def _answer(self, states: Sequence[StreamState], ids: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """As :meth:`_advance`, and the logits [streams, outputs] then; each has read something by then.

        Raises :class:`InputError` for a stream that is too long.
        """


def _check_piece(state: StreamState, piece: bytes) -> None:
    if state.tokens + len(piece) + _ROOM > MOST_TOKENS:
        raise too_long()
    try:
        decoded(state.waited.bytes + piece)
    except UnicodeDecodeError as error:
        raise wrong_utf8() from error
