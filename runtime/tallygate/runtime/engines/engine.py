"""What an engine is: it knows ids and logits, and nothing about text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.batches import batches_by_length, pad


class Engine(Protocol):
    """Runs one variant of the graph. Safe to share between threads."""

    name: str
    """As in ``--engine``."""
    precision: str
    """The variant that it runs."""
    provider: str
    """What computes: an onnxruntime provider, or ``numpy``."""

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] (each at least 1) -> logits [batch, outputs]."""


@runtime_checkable
class TextEngine(Protocol):
    """An engine that holds the tokenizer too, and answers texts whole."""

    def run_texts(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Texts -> logits [texts, outputs], and how many tokens were read of each, [texts]."""


@runtime_checkable
class ImageEngine(Protocol):
    """An engine on a device image, whose golden logits are equal to the bit everywhere."""

    def answers_of_goldens(self) -> str:
        """SHA-256 of all golden logits. Raises :class:`GateError` for a bit that is otherwise than at export."""


def logits_of_rows(engine: Engine, rows: Sequence[Sequence[int]], outputs: int, batch_size: int) -> NDArray[np.float32]:
    """Rows of ids -> logits [rows, outputs], computed in batches of at most ``batch_size`` rows of like length."""
    logits = np.full((len(rows), outputs), np.nan, np.float32)
    for positions in batches_by_length(rows, batch_size):
        batch = pad([rows[position] for position in positions])
        logits[positions] = engine.run(batch.ids, batch.lengths)
    return logits
