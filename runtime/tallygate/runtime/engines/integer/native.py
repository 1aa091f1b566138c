"""The native engine: the C core by ctypes, one call for a batch of ids or of texts. It releases the GIL."""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import addressof, byref, c_char, c_char_p, c_size_t, c_void_p, cast
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from weakref import finalize

from tallygate.runtime.engines.engine import Streams
from tallygate.runtime.engines.integer.library import (
    GOLDEN_DIFFERS,
    KERNEL_STATUSES,
    KERNEL_VARIABLE,
    Library,
    ModelFacts,
    load_library,
)
from tallygate.runtime.engines.pieces.errors import both_ends
from tallygate.runtime.errors import InputError
from tallygate.runtime.text import utf8_of

if TYPE_CHECKING:  # a process that asks for texts alone loads neither numpy nor what reads an image in Python
    from concurrent.futures import ThreadPoolExecutor
    from ctypes import Array

    import numpy as np
    from numpy.typing import NDArray

    from tallygate.runtime.engines.integer.image import DeviceImage
    from tallygate.runtime.engines.integer.kernel_steps import KernelSteps

_TEXTS_PER_THREAD = 64


class NativeEngine:
    """Runs a device image by the C core. Safe to share between threads."""

    name = "native"
    precision = "integer"

    def __init__(
        self, image: bytes, kernel: str | None = None, threads: int = 1, library: Library | None = None
    ) -> None:
        """``kernel`` is a kernel's name; by default what ``TALLYGATE_KERNEL`` names, else the best one that runs here.

        Raises :class:`BundleInvalidError` when ``image`` is not a device image, :class:`EngineUnavailableError` when
        the library or the kernel is not there.
        """
        self.library = library or load_library()
        self._image: bytes | Array[c_char] = image
        place = _place(image)
        if place % 8:  # bytes may begin anywhere; what ctypes allocates does not
            copy = (c_char * len(image)).from_buffer_copy(image)
            self._image, place = copy, addressof(copy)
        if kernel is None:
            kernel = os.environ.get(KERNEL_VARIABLE) or None
        if kernel is not None and kernel not in self.library.built_kernels():
            self.library.check(KERNEL_STATUSES[0], f"kernel {kernel!r}", "")  # C would read a name with a zero in part
        self._model = c_void_p()
        name = None if kernel is None else kernel.encode("utf-8")
        functions = self.library.functions
        status = functions.tg_open(place, len(image), name, byref(self._model))
        self.library.check(
            status, f"kernel {kernel!r}" if status in KERNEL_STATUSES else "variant integer", "get the bundle again"
        )
        finalize(self, functions.tg_close, self._model)
        facts = ModelFacts()
        functions.tg_model_facts(self._model, byref(facts))
        self.outputs, self.max_length = int(facts.outputs), int(facts.max_length)
        self._directions = int(facts.directions)
        self.kernel = facts.kernel.decode("ascii")
        self.provider = self.kernel
        self._threads = _pool(threads) if threads > 1 else None
        self._thread_count = threads
        self._workers: deque[_Worker] = deque()

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]."""
        import numpy as np

        inside = np.arange(ids.shape[1]) < lengths[:, None]
        return self.exact_logits(ids[inside], lengths).astype(np.float32)

    def exact_logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
        """The ids of all rows, one after the other, and ``lengths`` -> logits float64 [rows, outputs].

        Raises :class:`InputError` for an id that no row has, and for a row that is empty or too long.
        """
        import numpy as np

        flat = np.ascontiguousarray(ids, np.int32)
        if not np.array_equal(flat, ids):  # 32 bits would make another id of it
            raise InputError("ids", "are no numbers of 32 bits", "use the bundle's own tokenizer")
        offsets, logits = _offsets(lengths.tolist()), np.empty((len(lengths), self.outputs))
        starts, row = offsets.buffer_info()[0], 8 * self.outputs

        def answer(start: int, end: int, worker: _Worker) -> int:
            return int(worker.functions.tg_run_ids(
                worker.handle, flat.ctypes.data, starts + 8 * start, end - start, logits.ctypes.data + row * start
            ))  # fmt: skip

        self._in_parts(len(lengths), answer, "ids")
        return logits

    def run_texts(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Texts -> exact logits float64 [texts, outputs], and how many tokens each text has, [texts]."""
        import numpy as np

        logits, tokens = self._answers(texts)
        return np.array(logits).reshape(-1, self.outputs), np.array(tokens)

    def answers(self, texts: Sequence[str]) -> tuple[list[list[float]], list[int]]:
        """Texts -> a row of logits each, rounded to float32, and how many tokens each text has."""
        logits, tokens = self._answers(texts)
        flat, size = array("f", logits).tolist(), self.outputs
        return [flat[start : start + size] for start in range(0, len(flat), size)], tokens.tolist()

    def _answers(self, texts: Sequence[str]) -> tuple[array[float], array[int]]:
        """Exact logits of all texts, one row after the other, as doubles; and how many tokens each text has, as int."""
        if len(texts) == 1:
            return self._answer(texts[0])
        encoded = [utf8_of(text) for text in texts]
        together, offsets = b"".join(encoded), _offsets(map(len, encoded))
        logits, tokens = _zeros("d", len(texts) * self.outputs), _zeros("i", len(texts))
        starts, rows, counts = (part.buffer_info()[0] for part in (offsets, logits, tokens))

        def answer(start: int, end: int, worker: _Worker) -> int:
            return int(worker.functions.tg_run_texts(
                worker.handle, together, starts + 8 * start, end - start,
                rows + 8 * self.outputs * start, counts + 4 * start,
            ))  # fmt: skip

        self._in_parts(len(texts), answer, "texts")
        return logits, tokens

    def _answer(self, text: str) -> tuple[array[float], array[int]]:
        """As :meth:`_answers` for one text, without what only several need."""
        data = utf8_of(text)
        with self._worker() as worker:
            worker.offsets[1] = len(data)
            status = worker.functions.tg_run_texts(worker.handle, data, *worker.addresses)
            self.library.check(status, "text", "pass a string")
            return worker.logits[:], worker.tokens[:]

    def encode(self, text: str) -> list[int]:
        """The ids of one text."""
        data, count = utf8_of(text), c_size_t()
        with self._worker() as worker:
            ids = _zeros("i", self.max_length)
            status = worker.functions.tg_encode(worker.handle, data, len(data), ids.buffer_info()[0], byref(count))
            self.library.check(status, "text", "pass a string")
        return ids[: count.value].tolist()

    def streams(self, count: int) -> Streams:
        """Texts that come in pieces. Raises :class:`InputError` where the model reads from both ends."""
        from tallygate.runtime.engines.integer.stream.native import Core, NativeStreams

        if self._directions > 1:
            raise both_ends()
        return NativeStreams(Core(self.library, self._model, self._handle, self.outputs), count)

    def check_goldens(self) -> None:
        """Answer every golden text of the image. Raises :class:`GateError` for a bit that is otherwise."""
        at = c_size_t()
        with self._worker() as worker:
            status = worker.functions.tg_check(worker.handle, byref(at))
            if status == GOLDEN_DIFFERS:
                from tallygate.runtime.engines.integer.kernel_steps import KernelSteps
                from tallygate.runtime.engines.integer.parting import golden_error

                steps = KernelSteps(self.library, worker.handle)
                raise golden_error(self.read(), at.value, self.kernel, self.encode, steps)
        self.library.check(status, "the golden texts", "get the bundle again")

    @contextmanager
    def steps(self) -> Iterator[KernelSteps]:
        """The kernel step by step, for whoever looks for a fault."""
        from tallygate.runtime.engines.integer.kernel_steps import KernelSteps

        with self._worker() as worker:
            yield KernelSteps(self.library, worker.handle)

    def answers_of_goldens(self) -> str:
        """One hash of all golden logits, the same on every kernel and machine. Raises as :meth:`check_goldens`."""
        import hashlib

        self.check_goldens()
        goldens = self.read().goldens
        logits, _ = self.run_texts([golden.text for golden in goldens])
        return hashlib.sha256(logits.tobytes()).hexdigest()

    def read(self) -> DeviceImage:
        """The image as Python reads it."""
        from tallygate.runtime.engines.integer.image import read_image

        return read_image(bytes(self._image), "variant integer")

    def _in_parts(self, count: int, answer: Any, source: str) -> None:  # noqa: ANN401
        """Call ``answer(start, end, worker)`` for parts that cover ``count`` texts, each on a thread of its own."""
        parts = min(self._thread_count, -(-count // _TEXTS_PER_THREAD))
        bounds = [count * part // max(parts, 1) for part in range(max(parts, 1) + 1)]

        def run(part: int) -> int:
            with self._worker() as worker:
                return int(answer(bounds[part], bounds[part + 1], worker))

        statuses = list(self._threads.map(run, range(parts))) if self._threads and parts > 1 else [run(0)]
        for status in statuses:
            self.library.check(status, source, "use the bundle's own tokenizer")

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """A worker that nobody else uses meanwhile: a deque's own methods are atomic."""
        try:
            worker = self._workers.pop()
        except IndexError:
            worker = _Worker(self)
        try:
            yield worker
        finally:
            self._workers.append(worker)

    @contextmanager
    def _handle(self) -> Iterator[c_void_p]:
        with self._worker() as worker:
            yield worker.handle


class _Worker:
    """``tg_worker``: the memory of one thread."""

    def __init__(self, engine: NativeEngine) -> None:
        self.functions = engine.library.functions
        self.handle = c_void_p()
        engine.library.check(
            self.functions.tg_worker_open(engine._model, byref(self.handle)), "a worker", "free memory"
        )
        finalize(self, self.functions.tg_worker_close, self.handle)
        self.offsets = array("q", [0, 0])
        self.logits, self.tokens = _zeros("d", engine.outputs), _zeros("i", 1)
        starts, logits, tokens = (part.buffer_info()[0] for part in (self.offsets, self.logits, self.tokens))
        self.addresses = starts, 1, logits, tokens
        """What ``tg_run_texts`` is given for one text."""


def native_engines(image: bytes) -> list[NativeEngine]:
    """One engine for every kernel that this machine can run, and that can run this image."""
    return [NativeEngine(image, kernel) for kernel in load_library().kernels()]


def _offsets(lengths: Iterable[int]) -> array[int]:
    """Where each part begins, and the end, as 64-bit numbers."""
    return array("q", accumulate(lengths, initial=0))


def _zeros(code: str, count: int) -> array[Any]:
    return array(code, bytes(array(code).itemsize * count))


def _place(data: bytes) -> int:
    """The address of the bytes, which stay where they are as long as they live."""
    return cast(c_char_p(data), c_void_p).value or 0


def _pool(threads: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads)
