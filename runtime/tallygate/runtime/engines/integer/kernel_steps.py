"""A kernel step by step, by ``tg_trace_steps``: what stands in codes and cells after each step of one text."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_int, c_uint32, c_void_p
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.integer.library import MEND, Library
from tallygate.runtime.errors import EngineUnavailableError


class _Trace(ctypes.Structure):
    """``tg_trace``."""

    _fields_ = (
        *((name, c_uint32) for name in ("layer", "direction", "slots", "steps")),
        *((name, c_void_p) for name in ("ids", "addends", "below", "first_codes", "first_cells", "codes", "cells")),
    )


@dataclass(frozen=True)
class Question:
    """Some steps of one direction of one layer, in the order in which it takes them."""

    layer: int
    direction: int
    codes: NDArray[np.int8]
    """[hidden] before the first of them."""
    cells: NDArray[np.int16]
    """[hidden] Qc, before the first of them."""
    below: NDArray[np.int8] | None
    """[steps, hidden * directions] codes of the layer below, if there is one."""
    ids: NDArray[np.int64]
    """[steps]."""
    addends: NDArray[np.int16] | None = None
    """[steps, 4 * hidden] Qz in place of the kernel's own."""


class KernelSteps:
    """Asks one worker of a model."""

    def __init__(self, library: Library, worker: c_void_p) -> None:
        """Raises :class:`EngineUnavailableError` where the library is older than this."""
        try:
            self._function = library.functions.tg_trace_steps
        except AttributeError as error:
            raise EngineUnavailableError("the C core", "cannot be looked at step by step", MEND) from error
        self._function.restype, self._function.argtypes = c_int, [c_void_p, POINTER(_Trace)]
        self._library, self._worker = library, worker

    def answers(self, question: Question, slots: int) -> tuple[NDArray[np.int8], NDArray[np.int16]]:
        """Codes and cells after each step, [steps, slots, hidden] each; ``slots`` hold the same text, as many of them
        as the kernel has.
        """
        steps, hidden = len(question.ids), len(question.codes)
        codes, cells = np.empty(steps * slots * hidden, np.int8), np.empty(steps * slots * hidden, np.int16)
        arrays = (
            _array(question.ids, np.int32),
            _array(question.addends, np.int16),
            _array(question.below, np.int8),
            _array(question.codes, np.int8),
            _array(question.cells, np.int16),
            codes,
            cells,
        )
        addresses = [None if array is None else array.ctypes.data for array in arrays]
        trace = _Trace(question.layer, question.direction, slots, steps, *addresses)
        self._library.check(self._function(self._worker, ctypes.byref(trace)), "a step", "report this")
        shape = (steps, int(trace.slots), hidden)
        size = steps * int(trace.slots) * hidden
        return codes[:size].reshape(shape), cells[:size].reshape(shape)


def _array(values: NDArray[Any] | None, dtype: type) -> NDArray[Any] | None:
    return None if values is None else np.ascontiguousarray(values, dtype)
