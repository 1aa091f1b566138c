"""What an engine is: it knows ids and logits, and nothing about text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tallygate.runtime.batches import batches_by_length, pad
from tallygate.runtime.errors import EngineError, TallygateError

if TYPE_CHECKING:  # a process that asks the C core alone never loads numpy
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Logits = NDArray[np.float32]

_MEND = "do not serve this copy; run: tallygate verify"


class Engine(Protocol):
    """Runs one variant of the graph. Safe to share between threads."""

    name: str
    """As in ``--engine``."""
    precision: str
    """The variant that it runs."""
    provider: str
    """What computes: an onnxruntime provider, or ``numpy``."""

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] (each at least 1) -> logits [batch, outputs].

        Raises :class:`EngineError` when it fails, or a logit is infinite or NaN.
        """


def logits_or_error(engine: Engine, compute: Callable[[Ids, Ids], Logits], ids: Ids, lengths: Ids) -> Logits:
    """What ``compute`` gives, which is numbers, or one line: whatever a library raises becomes :class:`EngineError`."""
    import numpy as np

    try:
        logits = compute(ids, lengths)
        is_answer = len(logits) == len(ids) and bool(np.isfinite(logits).all())
    except TallygateError:
        raise
    except Exception as error:  # onnxruntime's own exceptions share no narrower base
        reason = f"failed on a batch of {ids.shape} ({type(error).__name__}: {error})"
        raise EngineError(f"{engine.precision} on {engine.name}", reason, _MEND) from error
    if not is_answer:
        raise EngineError(f"{engine.precision} on {engine.name}", "gave an answer that is not finite", _MEND)
    return logits


def copy_name(precision: str, engine: str, provider: str) -> str:
    """What failures call a copy: its variant and engine, and of the C core the kernel too."""
    return f"{precision} on {engine}" + (f" ({provider})" if engine == "native" else "")


@runtime_checkable
class TextEngine(Protocol):
    """An engine that holds the tokenizer too, and answers texts whole."""

    def answers(self, texts: Sequence[str]) -> tuple[list[list[float]], list[int]]:
        """Texts -> a row of logits each, numbers that float32 holds, and how many tokens were read of each."""

    def check_goldens(self) -> None:
        """Raise :class:`GateError` where a golden text of its own is answered otherwise than at export, by one bit."""


class Streams(Protocol):
    """Texts that come in pieces, by number; any cut of a text gives what the whole gives, to the bit."""

    @property
    def state_size(self) -> int:
        """Bytes of a stream's state."""

    def push(self, numbers: Sequence[int], pieces: Sequence[bytes]) -> None:
        """Stream ``numbers[i]`` reads ``pieces[i]``, UTF-8. Raises :class:`InputError` before anything is read."""

    def logits(self, numbers: Sequence[int], waiting: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Logits [numbers, outputs] and tokens [numbers] of what was read so far: as if the text ended here, or, unless
        ``waiting``, of the words that have ended alone. Raises :class:`InputError` for a stream that is too long.
        """

    def state(self, number: int) -> bytes:
        """What the stream remembers, to be resumed anywhere."""

    def resume(self, number: int, state: bytes) -> None:
        """The stream goes on where the saved one was. Raises :class:`InputError` for what is no state of this model."""

    def clear(self, number: int) -> None:
        """The stream begins anew."""


@runtime_checkable
class StreamEngine(Protocol):
    """An engine that reads texts as they come."""

    def streams(self, count: int) -> Streams:
        """So many texts that come in pieces. Raises :class:`InputError` where the model reads from both ends."""


@runtime_checkable
class ImageEngine(Protocol):
    """An engine on a device image, whose golden logits are equal to the bit everywhere."""

    def answers_of_goldens(self) -> str:
        """SHA-256 of all golden logits. Raises :class:`GateError` for a bit that is otherwise than at export."""


def logits_of_rows(engine: Engine, rows: Sequence[Sequence[int]], outputs: int, batch_size: int) -> NDArray[np.float32]:
    """Rows of ids -> logits [rows, outputs], computed in batches of at most ``batch_size`` rows of like length."""
    import numpy as np

    logits = np.full((len(rows), outputs), np.nan, np.float32)
    for positions in batches_by_length(rows, batch_size):
        batch = pad([rows[position] for position in positions])
        logits[positions] = engine.run(batch.ids, batch.lengths)
    return logits
