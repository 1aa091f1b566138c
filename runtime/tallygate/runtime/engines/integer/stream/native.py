"""Streams in the C core: a push takes all pieces through the kernel's slots together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from ctypes import byref, c_char, c_void_p
from dataclasses import dataclass
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.library import Library
from tallygate.runtime.engines.pieces.errors import check_pushed, has_ngrams, too_long, wrong_utf8
from tallygate.runtime.errors import InputError

_BAD_UTF8, _LONG, _DAMAGED, _VERSION, _MODEL, _NGRAMS = 14, 19, 20, 21, 22, 23
_MENDS = {
    _DAMAGED: "save it again",
    _VERSION: "resume it where it was saved",
    _MODEL: "resume it with the bundle that it was saved with",
}


@dataclass(frozen=True)
class Core:
    """What streams need of the engine that opened the model."""

    library: Library
    model: c_void_p
    worker: Callable[[], AbstractContextManager[c_void_p]]
    """A worker that nobody else uses meanwhile. It is the engine's own method, so streams keep their engine alive."""
    outputs: int


class NativeStreams:
    """As :class:`NumpyStreams`, with the same answers and states to the bit."""

    def __init__(self, core: Core, count: int) -> None:
        self._core, self._functions = core, core.library.functions
        self._handles = np.zeros(count, np.uintp)
        finalize(self, _close, core, self._handles)
        for number in range(count):
            self.clear(number)

    @property
    def state_size(self) -> int:
        """Bytes of a stream's state."""
        return int(self._functions.tg_stream_state_size(int(self._handles[0]))) if len(self._handles) else 0

    def push(self, numbers: Sequence[int], pieces: Sequence[bytes]) -> None:
        """Stream ``numbers[i]`` reads ``pieces[i]``, UTF-8. Raises :class:`InputError` before anything is read."""
        check_pushed(numbers, pieces)
        handles, data = self._handles[np.array(numbers, np.intp)], b"".join(pieces)
        offsets = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
        with self._core.worker() as worker:
            status = self._functions.tg_stream_push(worker, handles.ctypes.data, data, offsets.ctypes.data, len(pieces))
        self._check(status)

    def logits(self, numbers: Sequence[int], waiting: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Logits [numbers, outputs] and tokens [numbers] of what was read so far: as if the text ended here, or, unless
        ``waiting``, of the words that have ended alone. Raises :class:`InputError` for a stream that is too long.
        """
        handles = self._handles[np.array(numbers, np.intp)]
        logits, tokens = np.empty((len(numbers), self._core.outputs)), np.empty(len(numbers), np.int64)
        with self._core.worker() as worker:
            status = self._functions.tg_stream_logits(
                worker, handles.ctypes.data, len(numbers), waiting, logits.ctypes.data, tokens.ctypes.data
            )
        self._check(status)
        return logits, tokens

    def state(self, number: int) -> bytes:
        """What the stream remembers, to be resumed anywhere."""
        state = (c_char * self.state_size)()
        self._check(self._functions.tg_stream_state(int(self._handles[number]), state, len(state)))
        return bytes(state)

    def resume(self, number: int, state: bytes) -> None:
        """The stream goes on where the saved one was. Raises :class:`InputError` for what is no state of this model."""
        handle = c_void_p()
        self._check(self._functions.tg_stream_resume(self._core.model, state, len(state), byref(handle)))
        self._put(number, handle)

    def clear(self, number: int) -> None:
        """The stream begins anew."""
        handle = c_void_p()
        self._check(self._functions.tg_stream_open(self._core.model, byref(handle)))
        self._put(number, handle)

    def _put(self, number: int, handle: c_void_p) -> None:
        self._functions.tg_stream_close(int(self._handles[number]))
        self._handles[number] = handle.value or 0

    def _check(self, status: int) -> None:
        if status == _BAD_UTF8:
            raise wrong_utf8()
        if status == _LONG:
            raise too_long()
        if status == _NGRAMS:
            raise has_ngrams()
        if status in _MENDS:
            reason = self._functions.tg_message(status).decode("ascii")
            raise InputError("the stream's state", reason, _MENDS[status])
        self._core.library.check(status, "the stream", "load another bundle")


def _close(core: Core, handles: NDArray[np.uintp]) -> None:
    for handle in handles.tolist():
        core.library.functions.tg_stream_close(handle)
