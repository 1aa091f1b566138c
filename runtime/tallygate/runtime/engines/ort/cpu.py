"""The onnxruntime engine: the default on a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.engine import logits_or_error
from tallygate.runtime.engines.ort.session import cpu_session
from tallygate.runtime.errors import InputError
from tallygate.runtime.graph import Fits, checked_graph


class OnnxRuntimeEngine:
    """Runs an ONNX file with onnxruntime on the CPU.

    One thread and no spinning by default: a second thread gains nothing on single texts, and spinning burns cores.
    """

    name = "onnxruntime"

    def __init__(
        self, model: bytes, precision: str, session: Mapping[str, str], threads: int = 1, fits: Fits | None = None
    ) -> None:
        """``session`` holds the session entries that the variant needs, ``fits`` what the manifest says of the graph.

        Raises :class:`EngineUnavailableError` when onnxruntime is not installed, :class:`BundleInvalidError` when the
        graph breaks the graph contract, or onnxruntime cannot load it.
        """
        graph = checked_graph(model, f"variant {precision}", fits)
        self._load(graph.model, precision, session, threads)

    @classmethod
    def unchecked(cls, model: bytes, precision: str, session: Mapping[str, str]) -> Self:
        """Run what the graph contract cannot read, such as onnxruntime's own format.

        For files that this process made itself from a graph that keeps the contract, never for one of a bundle.
        """
        engine = cls.__new__(cls)
        engine._load(model, precision, session, threads=1)
        return engine

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]; see :class:`Engine`.

        Raises :class:`InputError` for a length below 1: in a dynamically quantized graph such a row would change the
        answers to its neighbours.
        """
        return logits_or_error(self, self._logits, ids, lengths)

    def _load(self, model: bytes, precision: str, session: Mapping[str, str], threads: int) -> None:
        self.precision = precision
        self._session = cpu_session(model, f"variant {precision}", session, threads)
        self.provider: str = self._session.get_providers()[0]

    def _logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        # Plain Python: for a single text numpy's own minimum takes five times as long.
        shortest = min(lengths.tolist(), default=1)
        if shortest < 1:
            raise InputError("lengths", f"hold {shortest}", "give an empty text one unknown token")
        logits: NDArray[np.float32] = self._session.run(["logits"], {"ids": ids, "lengths": lengths})[0]
        return logits
