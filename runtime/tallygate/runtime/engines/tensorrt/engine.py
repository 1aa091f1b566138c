"""The TensorRT engine: runs a plan on an NVIDIA GPU."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import ExitStack, closing

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.engine import logits_or_error
from tallygate.runtime.engines.tensorrt.api import CudaEngine, ExecutionContext, TensorRT, is_rtx
from tallygate.runtime.engines.tensorrt.batches import Piece, pieces_of
from tallygate.runtime.engines.tensorrt.cuda_memory import Buffer, CudaRuntime, Stream, load_cuda
from tallygate.runtime.engines.tensorrt.log import PlanError, log_of, reason_of
from tallygate.runtime.engines.tensorrt.plan import Plan, check_fits
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.machine import gpu_or_error

CUDA_GRAPHS = "TALLYGATE_CUDA_GRAPHS"
"""Environment variable; where it is set, TensorRT-RTX captures a CUDA graph for each shape of batch and launches that:
https://docs.nvidia.com/deeplearning/tensorrt-rtx/latest/inference-library/work-with-cuda-graphs.html."""
_MEND = "build it again with: tallygate build-plan"


class TensorRTEngine:
    """Runs one plan with one stream and memory that is allocated once; threads take turns."""

    name = "tensorrt"

    def __init__(self, plan: Plan, module: TensorRT, cuda: CudaRuntime | None = None) -> None:
        """Load ``plan`` with the module that built it.

        Raises :class:`EngineUnavailableError` where there is no GPU or no cuda-bindings, or CUDA graphs are asked of
        another TensorRT than RTX, :class:`PlanError` when the plan is for another GPU or TensorRT, or cannot be loaded.
        """
        gpu = gpu_or_error()
        check_fits(plan.facts, gpu.architecture, module.__name__, module.__version__)
        self.precision = plan.facts.precision
        self.provider = f"{module.__name__} {module.__version__} on {gpu.name}"
        self._profile = plan.facts.profile
        self._lock = threading.Lock()
        with ExitStack() as opened:
            self._stream = opened.enter_context(Stream(cuda or load_cuda()))
            self._engine = _loaded(plan, module)
            context = _new_context(self._engine, module)
            if context is None:
                raise PlanError("plan", "does not fit into the memory of this GPU", "build with a smaller --profile")
            self._context = context
            self._outputs = int(self._engine.get_tensor_shape("logits")[1])
            buffers = (Buffer(self._stream.cuda, size) for size in self._sizes())
            self._ids, self._lengths, self._logits = (opened.enter_context(closing(buffer)) for buffer in buffers)
            # The driver frees all at the end of the process; this is for engines that go before.
            weakref.finalize(self, opened.pop_all().close)

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs].

        A batch that is larger than the plan's profile is run in pieces. Raises :class:`PlanError` for a row that is
        longer than the profile, and as :class:`Engine` says.
        """
        return logits_or_error(self, self._in_pieces, ids, lengths)

    def _in_pieces(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        logits = np.empty((len(ids), self._outputs), np.float32)
        with self._lock:
            for piece in pieces_of(ids, lengths, self._profile):
                logits[piece.rows] = self._run(piece)[: piece.count]
        return logits

    def _run(self, piece: Piece) -> NDArray[np.float32]:
        batch = len(piece.lengths)
        self._ids.view(piece.ids.shape, np.int64)[:] = piece.ids
        self._lengths.view(piece.lengths.shape, np.int64)[:] = piece.lengths
        self._stream.copy_to_device(self._ids, piece.ids.nbytes)
        self._stream.copy_to_device(self._lengths, piece.lengths.nbytes)
        self._execute(piece)
        logits: NDArray[np.float32] = self._logits.view((batch, self._outputs), np.float32)
        self._stream.copy_to_host(self._logits, logits.nbytes)
        self._stream.wait()
        return logits

    def _execute(self, piece: Piece) -> None:
        context = self._context
        buffers = {"ids": self._ids, "lengths": self._lengths, "logits": self._logits}
        done = context.set_input_shape("ids", piece.ids.shape) and context.set_input_shape("lengths", (len(piece.ids),))
        done = done and all(context.set_tensor_address(name, buffer.device) for name, buffer in buffers.items())
        if not done or not context.execute_async_v3(self._stream.handle):
            raise PlanError("plan", f"TensorRT does not run a batch of {piece.ids.shape}", _MEND)

    def _sizes(self) -> tuple[int, int, int]:
        """Bytes of ids and lengths (int64) and logits (float32) of the profile's largest batch."""
        batch, time = self._profile.batch.max, self._profile.time.max
        return 8 * batch * time, 8 * batch, 4 * batch * self._outputs


def _new_context(engine: CudaEngine, module: TensorRT) -> ExecutionContext | None:
    if not os.environ.get(CUDA_GRAPHS):
        return engine.create_execution_context()
    if not is_rtx(module):
        reason = f"{module.__name__} has no capture of its own that follows the shapes of batches"
        raise EngineUnavailableError(CUDA_GRAPHS, reason, "unset it; TensorRT-RTX has one")
    config = engine.create_runtime_config()
    config.cuda_graph_strategy = module.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
    return engine.create_execution_context(config)


def _loaded(plan: Plan, module: TensorRT) -> CudaEngine:
    log = log_of(module)
    with log.errors() as errors:
        engine = module.Runtime(log.logger).deserialize_cuda_engine(plan.data)
        if engine is None:
            raise PlanError("plan", f"TensorRT does not load it ({reason_of(errors, 'no reason is given')})", _MEND)
    names = {engine.get_tensor_name(index) for index in range(engine.num_io_tensors)}
    if names != {"ids", "lengths", "logits"}:
        raise PlanError("plan", f"has the inputs and outputs {sorted(names)}", _MEND)
    return engine
