"""The onnxruntime engine: the default on a CPU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.errors import BundleInvalidError, EngineUnavailableError, InputError
from tallygate.runtime.installation import pip_install

PROVIDER = "CPUExecutionProvider"


class OnnxRuntimeEngine:
    """Runs an ONNX file with onnxruntime on the CPU.

    One thread and no spinning by default: a second thread gains nothing on single texts, and spinning burns cores.
    """

    name = "onnxruntime"

    def __init__(self, model: bytes, precision: str, session: Mapping[str, str], threads: int = 1) -> None:
        """``session`` holds the session configuration entries that the variant needs.

        Raises :class:`EngineUnavailableError` when onnxruntime is not installed, :class:`BundleInvalidError` when it
        cannot load the graph.
        """
        try:
            import onnxruntime
        except ImportError as error:
            reason = f"onnxruntime cannot be imported ({error})"
            raise EngineUnavailableError("engine onnxruntime", reason, f"run: {pip_install('cpu')}") from error
        self.precision = precision
        try:
            options = session_options(onnxruntime, session, threads)
            self._session = onnxruntime.InferenceSession(model, options, providers=[PROVIDER])
        except Exception as error:  # onnxruntime's own exceptions share no narrower base
            reason = f"cannot be loaded by onnxruntime {onnxruntime.__version__} ({error})"
            mend = "install a newer onnxruntime, or export the bundle for this one with --target-ort"
            raise BundleInvalidError(f"variant {precision}", reason, mend) from error
        self.provider: str = self._session.get_providers()[0]

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs].

        Raises :class:`InputError` for a length below 1: in a dynamically quantized graph such a row would change the
        answers to its neighbours.
        """
        # Plain Python: for a single text numpy's own minimum takes five times as long.
        shortest = min(lengths.tolist(), default=1)
        if shortest < 1:
            raise InputError("lengths", f"hold {shortest}", "give an empty text one unknown token")
        logits: NDArray[np.float32] = self._session.run(["logits"], {"ids": ids, "lengths": lengths})[0]
        return logits


def session_options(onnxruntime, session: Mapping[str, str], threads: int):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """How every session here computes: quiet, without spinning, with what the variant needs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A pattern is planned and kept for each shape, and texts come in hundreds of lengths.
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    for key, value in session.items():
        options.add_session_config_entry(key, value)
    return options
