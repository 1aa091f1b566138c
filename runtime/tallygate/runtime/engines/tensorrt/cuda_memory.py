"""Memory and one stream of a GPU, through ``cuda-bindings``: https://nvidia.github.io/cuda-python.

Every function of ``cuda.bindings.runtime`` answers with a tuple whose first value is the error.
"""

from __future__ import annotations

import ctypes
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, Self, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tallygate.runtime.engines.tensorrt.api import install_tensorrt
from tallygate.runtime.errors import EngineUnavailableError


class CudaRuntime(Protocol):
    """What is called of ``cuda.bindings.runtime``."""

    cudaMemcpyKind: Any  # noqa: N815
    cudaStreamNonBlocking: int  # noqa: N815
    cudaHostAllocDefault: int  # noqa: N815

    def cudaSetDevice(self, device: int) -> tuple[Any]: ...  # noqa: D102, N802
    def cudaMalloc(self, size: int) -> tuple[Any, int]: ...  # noqa: D102, N802
    def cudaFree(self, devPtr: int) -> tuple[Any]: ...  # noqa: D102, N802, N803
    def cudaHostAlloc(self, size: int, flags: int) -> tuple[Any, int]: ...  # noqa: D102, N802
    def cudaFreeHost(self, ptr: int) -> tuple[Any]: ...  # noqa: D102, N802
    def cudaStreamCreateWithFlags(self, flags: int) -> tuple[Any, Any]: ...  # noqa: D102, N802
    def cudaStreamDestroy(self, stream: Any) -> tuple[Any]: ...  # noqa: ANN401, D102, N802
    def cudaStreamSynchronize(self, stream: Any) -> tuple[Any]: ...  # noqa: ANN401, D102, N802
    def cudaMemcpyAsync(self, dst: int, src: int, count: int, kind: Any, stream: Any) -> tuple[Any]: ...  # noqa: ANN401, D102, N802


class CudaError(EngineUnavailableError):
    """The GPU refuses a call: it is out of memory, gone, or was never there."""


def load_cuda() -> CudaRuntime:
    """``cuda.bindings.runtime``. Raises :class:`EngineUnavailableError` where it is not installed."""
    try:
        return cast(CudaRuntime, import_module("cuda.bindings.runtime"))
    except ImportError as error:
        reason = f"cuda-bindings cannot be imported ({error})"
        raise EngineUnavailableError("engine tensorrt", reason, install_tensorrt()) from error


def checked(answer: tuple[Any, ...], call: str) -> Any:  # noqa: ANN401 - the call's own value
    """The value of a call, ``None`` where it has none. Raises :class:`CudaError` when it failed."""
    error, *values = answer
    if int(error) != 0:
        mend = "free memory of the GPU, build with a smaller --profile, or look at nvidia-smi"
        raise CudaError("GPU", f"{call} gives {getattr(error, 'name', error)} ({int(error)})", mend)
    return values[0] if values else None


class Stream:
    """One stream, to which all copies and runs of an engine belong. A context manager."""

    def __init__(self, cuda: CudaRuntime, device: int = 0) -> None:
        """Raises :class:`CudaError` where there is no such GPU."""
        self.cuda = cuda
        checked(cuda.cudaSetDevice(device), "cudaSetDevice")
        self._stream = checked(cuda.cudaStreamCreateWithFlags(cuda.cudaStreamNonBlocking), "cudaStreamCreate")

    @property
    def handle(self) -> int:
        """As TensorRT takes it."""
        return int(self._stream)

    def copy_to_device(self, buffer: Buffer, size: int) -> None:
        """Copy the first ``size`` bytes of the host's side."""
        kind = self.cuda.cudaMemcpyKind.cudaMemcpyHostToDevice
        answer = self.cuda.cudaMemcpyAsync(buffer.device, buffer.host, size, kind, self._stream)
        checked(answer, "cudaMemcpyAsync")

    def copy_to_host(self, buffer: Buffer, size: int) -> None:
        """Copy the first ``size`` bytes of the device's side."""
        kind = self.cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost
        answer = self.cuda.cudaMemcpyAsync(buffer.host, buffer.device, size, kind, self._stream)
        checked(answer, "cudaMemcpyAsync")

    def wait(self) -> None:
        """Until all is done."""
        checked(self.cuda.cudaStreamSynchronize(self._stream), "cudaStreamSynchronize")

    def close(self) -> None:
        """Give the stream back."""
        self.cuda.cudaStreamDestroy(self._stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Buffer:
    """Memory on the device and as much pinned memory of the host, which is copied without a detour."""

    def __init__(self, cuda: CudaRuntime, size: int) -> None:
        """``size`` in bytes. Raises :class:`CudaError` when there is not enough."""
        self._cuda = cuda
        self.device = int(checked(cuda.cudaMalloc(size), "cudaMalloc"))
        try:
            self.host = int(checked(cuda.cudaHostAlloc(size, cuda.cudaHostAllocDefault), "cudaHostAlloc"))
        except CudaError:
            cuda.cudaFree(self.device)
            raise

    def view(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """The host's side as an array of that shape; valid until :meth:`close`."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        memory = memoryview((ctypes.c_ubyte * size).from_address(self.host)).cast("B")
        array: NDArray[Any] = np.frombuffer(memory, dtype=np.dtype(dtype)).reshape(shape)
        return array

    def close(self) -> None:
        """Give both back."""
        self._cuda.cudaFree(self.device)
        self._cuda.cudaFreeHost(self.host)
