"""A stream's state as bytes; ``docs/streams.md`` has MUST lines.

The state names the model by a hash. The hash at the end tells bytes that were cut off or altered from others; it is no
signature, so all numbers are checked as well.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.pieces.text import BEGINNINGS, PieceReader, WaitedFor, decoded
from tallygate.runtime.errors import InputError
from tallygate.runtime.unicode import CODE_POINTS, JOINS, unicode_tables

VERSION = 1
HEAD = struct.Struct("<8sII32sQIIBBBB4s")
"""Magic, version, bytes of the state, hash of the model, tokens, bytes of the word (one more than the longest word has
where it is longer), code points of the place, tag, apostrophe, overflow, bytes of a cut character and how many."""
MOST_TOKENS = 2**31
_HASH = 32
_SOURCE, _MEND = "the stream's state", "save it again"


@dataclass
class StreamState:
    """Where a stream has got to."""

    tokens: int
    pools: NDArray[Any]
    """[pooled] of the last layer: the sum, the greatest or the last of its hidden states; zero before any."""
    cells: NDArray[Any]
    """[layers, hidden]."""
    hidden: NDArray[Any]
    """[layers, hidden]; in integers, their codes."""
    waited: WaitedFor


@dataclass(frozen=True)
class StateNumbers:
    """The numbers of one model's states."""

    magic: bytes
    """Eight bytes that begin a state of such numbers."""
    layers: int
    hidden_size: int
    pooled: int
    """How many numbers all pools have."""
    pools: str
    """As numpy writes the type."""
    cells: str
    hidden: str
    are_good: Callable[[StreamState], bool]
    """Whether some text could give them, as far as can be told without one."""

    def empty(self) -> StreamState:
        """Where a stream begins."""
        shape = self.layers, self.hidden_size
        numbers = np.zeros(self.pooled, self.pools), np.zeros(shape, self.cells), np.zeros(shape, self.hidden)
        return StreamState(0, *numbers, WaitedFor())


class StateBytes:
    """States of one model to bytes and back."""

    def __init__(self, numbers: StateNumbers, digest: bytes, reader: PieceReader) -> None:
        """``digest`` is the model's, 32 bytes."""
        self._digest, self._reader, self._numbers = digest, reader, numbers
        cells = numbers.layers * numbers.hidden_size
        kinds = [(numbers.pooled, numbers.pools), (cells, numbers.cells), (reader.room, "<u4"), (cells, numbers.hidden)]
        sizes = [_eights(count * np.dtype(kind).itemsize) for count, kind in kinds]
        self._bounds = np.cumsum([HEAD.size, *sizes, _eights(reader.longest_word)]).tolist()
        self.size = int(self._bounds[-1]) + _HASH
        """Bytes of a state."""

    def to_bytes(self, state: StreamState) -> bytes:
        """``state``, :attr:`size` bytes."""
        waited, longest = state.waited, self._reader.longest_word
        word = longest + 1 if waited.is_long else len(waited.word)
        head = HEAD.pack(
            self._numbers.magic, VERSION, self.size, self._digest, state.tokens, word,
            len(waited.place), waited.tag, waited.apostrophe, waited.overflow, len(waited.bytes), waited.bytes,
        )  # fmt: skip
        place = np.array(waited.place, "<u4").tobytes()
        kinds = self._numbers
        cells, hidden = state.cells.astype(kinds.cells).tobytes(), state.hidden.astype(kinds.hidden).tobytes()
        parts = state.pools.astype(kinds.pools).tobytes(), cells, place, hidden, waited.word
        filled = [
            part.ljust(end - start, b"\0")
            for part, start, end in zip(parts, self._bounds, self._bounds[1:], strict=False)
        ]
        body = head + b"".join(filled)
        return body + hashlib.sha256(body).digest()

    def from_bytes(self, data: bytes) -> StreamState:
        """Raises :class:`InputError` for the state of another model or version, and for bytes that are no state."""
        if len(data) < HEAD.size + _HASH:
            raise _damaged()
        magic, version, size, digest, *rest = HEAD.unpack_from(data)
        if magic != self._numbers.magic or size != len(data) or hashlib.sha256(data[:-_HASH]).digest() != data[-_HASH:]:
            raise _damaged()
        if version != VERSION:
            raise InputError(_SOURCE, "was saved by another version", "resume it where it was saved")
        if digest != self._digest:
            raise InputError(_SOURCE, "is of another model", "resume it with the bundle that it was saved with")
        if size != self.size:
            raise _damaged()
        state = self._state(data, *rest)
        is_good = self._text_is_good(state.waited, *rest) and self._numbers_are_good(state)
        if not is_good or self.to_bytes(state) != data:  # bytes that say nothing are zero
            raise _damaged()
        return state

    def _state(
        self, data: bytes, tokens: int, word: int, place: int, tag: int, apostrophe: int, overflow: int, count: int,
        cut: bytes,
    ) -> StreamState:  # fmt: skip
        kinds = self._numbers
        shape = kinds.layers, kinds.hidden_size
        pools, cells, places, hidden, words, _ = self._bounds
        waited = WaitedFor(
            word=b"" if word > self._reader.longest_word else data[words : words + word],
            is_long=word > self._reader.longest_word,
            apostrophe=bool(apostrophe),
            place=np.frombuffer(data, "<u4", min(place, self._reader.room), places).tolist(),
            overflow=bool(overflow),
            tag=tag,
            bytes=cut[:count],
        )
        return StreamState(
            tokens=tokens,
            pools=np.frombuffer(data, kinds.pools, kinds.pooled, pools).copy(),
            cells=np.frombuffer(data, kinds.cells, shape[0] * shape[1], cells).reshape(shape).copy(),
            hidden=np.frombuffer(data, kinds.hidden, shape[0] * shape[1], hidden).reshape(shape).copy(),
            waited=waited,
        )

    def _text_is_good(
        self, waited: WaitedFor, _: int, word: int, place: int, tag: int, apostrophe: int, overflow: int, count: int,
        __: bytes,
    ) -> bool:  # fmt: skip
        classes = unicode_tables().classes
        return (
            tag < len(BEGINNINGS)
            and max(apostrophe, overflow) <= 1
            and count <= 3
            and word <= self._reader.longest_word + 1
            and place <= self._reader.room
            and _is_cut(waited.bytes)
            and all(codepoint < CODE_POINTS for codepoint in waited.place)
            and all(classes[codepoint] & JOINS for codepoint in waited.place[1:])
        )

    def _numbers_are_good(self, state: StreamState) -> bool:
        return state.tokens <= MOST_TOKENS and self._numbers.are_good(state)


def _is_cut(data: bytes) -> bool:
    """Whether ``data`` is the beginning of one character."""
    try:
        return decoded(data) == ("", data)
    except UnicodeDecodeError:
        return False


def _eights(size: int) -> int:
    return -(-size // 8) * 8


def _damaged() -> InputError:
    return InputError(_SOURCE, "is no state of a stream, or is damaged", _MEND)
