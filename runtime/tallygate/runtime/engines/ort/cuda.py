"""The CUDA engine: onnxruntime on an NVIDIA GPU, and never on the CPU without a word."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.engine import logits_or_error
from tallygate.runtime.engines.ort.session import session_options
from tallygate.runtime.errors import BundleInvalidError, EngineUnavailableError
from tallygate.runtime.graph import Fits, checked_graph
from tallygate.runtime.installation import pip_install
from tallygate.runtime.machine import gpu_or_error

PROVIDER = "CUDAExecutionProvider"
_ON_CPU = ("CPUExecutionProvider", "")
_HEAVY = frozenset({"LSTM", "Gemm"})


class CudaEngine:
    """Runs an ONNX file with onnxruntime's CUDA provider, TF32 off."""

    name = "cuda"

    def __init__(self, model: bytes, precision: str, session: Mapping[str, str], fits: Fits | None = None) -> None:
        """``session`` holds the session entries that the variant needs, ``fits`` what the manifest says of the graph.

        Raises :class:`EngineUnavailableError` where onnxruntime, its CUDA provider, the driver or a GPU is missing, or
        the provider leaves the network to the CPU; :class:`BundleInvalidError` when the graph breaks the graph
        contract or cannot be loaded.
        """
        graph = checked_graph(model, f"variant {precision}", fits)
        gpu = gpu_or_error("cuda")
        onnxruntime = _onnxruntime_with_cuda()
        self.precision = precision
        missing = _load_libraries(onnxruntime)
        self._session = _session(onnxruntime, graph.model, precision, session)
        _check_is_on_gpu(self._session, missing)
        self.provider = f"{PROVIDER} on {gpu.name}"

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]; see :class:`Engine`."""
        return logits_or_error(self, self._logits, ids, lengths)

    def _logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = self._session.run(["logits"], {"ids": ids, "lengths": lengths})[0]
        return logits


def _onnxruntime_with_cuda() -> Any:  # noqa: ANN401 - the module, which ships no types
    try:
        import onnxruntime
    except ImportError as error:
        reason = f"onnxruntime cannot be imported ({error})"
        raise EngineUnavailableError("engine cuda", reason, f"run: {pip_install('gpu')}") from error
    if PROVIDER not in onnxruntime.get_available_providers():
        reason = f"onnxruntime {onnxruntime.__version__} is installed without CUDA"
        raise EngineUnavailableError(
            "engine cuda", reason, f"run: pip uninstall onnxruntime, then {pip_install('gpu')}"
        )
    return onnxruntime


def _load_libraries(onnxruntime: Any) -> str:  # noqa: ANN401
    """CUDA's and cuDNN's libraries come as Python packages, where the system's loader does not look for them.

    Returns what could not be loaded; onnxruntime prints it, among the answers.
    """
    with redirect_stdout(io.StringIO()) as printed:
        onnxruntime.preload_dlls()
    return next(iter(printed.getvalue().splitlines()), "")


def _session(onnxruntime: Any, model: bytes, precision: str, session: Mapping[str, str]) -> Any:  # noqa: ANN401
    options = session_options(onnxruntime, session, threads=1)
    options.log_severity_level = 4
    # The provider leaves the arithmetic of shapes to the CPU on purpose, so session.disable_cpu_ep_fallback would
    # refuse a graph that it runs well; where each node stands is read back instead.
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    try:
        created = onnxruntime.InferenceSession(model, options, providers=[(PROVIDER, {"use_tf32": "0"})])
    except Exception as error:  # onnxruntime's own exceptions share no narrower base
        reason = f"cannot be loaded by onnxruntime {onnxruntime.__version__} ({error})"
        raise BundleInvalidError(f"variant {precision}", reason, "try --engine onnxruntime") from error
    created.disable_fallback()
    return created


def _check_is_on_gpu(session: Any, missing: str = "") -> None:  # noqa: ANN401
    if PROVIDER not in session.get_providers():
        reason = "onnxruntime cannot load its CUDA provider, and would run on the CPU" + (missing and f" ({missing})")
        raise EngineUnavailableError("engine cuda", reason, f"install CUDA and cuDNN: {pip_install('gpu')}")
    for subgraph in session.get_provider_graph_assignment_info():
        left = [node.op_type for node in subgraph.get_nodes() if node.op_type in _HEAVY]
        if subgraph.ep_name in _ON_CPU and left:
            reason = f"its CUDA provider leaves {', '.join(left)} to the CPU"
            raise EngineUnavailableError("engine cuda", reason, "try another --precision, or --engine tensorrt")
