"""onnxruntime, on the CPU and through its CUDA provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine as OnnxRuntimeEngine
    from tallygate.runtime.engines.ort.cuda import CudaEngine as CudaEngine
    from tallygate.runtime.engines.ort.session import SESSION_ENTRIES as SESSION_ENTRIES
    from tallygate.runtime.engines.ort.session import check_session as check_session
    from tallygate.runtime.engines.ort.streaming import StreamingEngine as StreamingEngine
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "cpu": ("OnnxRuntimeEngine",),
            "cuda": ("CudaEngine",),
            "session": ("SESSION_ENTRIES", "check_session"),
            "streaming": ("StreamingEngine",),
        },
    )
