"""What an engine is: it knows ids and logits, and nothing about text."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


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
