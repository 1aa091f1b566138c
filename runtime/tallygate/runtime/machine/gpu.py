"""What this machine has of NVIDIA's: the driver, its GPUs, and which of the libraries that would use them.

What is missing is said and not raised, except by :func:`gpu_or_error`. No library is loaded that could crash without
a driver: the driver itself is asked, through its C interface (https://docs.nvidia.com/cuda/cuda-driver-api), and
packages are only looked up.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.installation import pip_install

_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76
"""``CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*``."""
DRIVER_MEND = "install NVIDIA's driver, or use --engine auto"


@dataclass(frozen=True)
class Gpu:
    """One GPU."""

    name: str
    architecture: str
    """Such as ``sm89``: its compute capability without the dot."""
    memory: int
    """Bytes."""


@dataclass(frozen=True)
class CudaState:
    """The driver and its GPUs."""

    gpus: tuple[Gpu, ...]
    driver: str | None
    """The CUDA version that the driver supports, such as ``13.0``; ``None`` where there is no driver."""
    problem: str | None
    """Why no GPU can be used; ``None`` where one can."""


@dataclass(frozen=True)
class LibraryState:
    """One library that runs models on a GPU."""

    engine: str
    """As in ``--engine``."""
    library: str
    version: str | None
    """``None`` where it is not installed."""
    problem: str | None
    """Why the engine cannot run here; ``None`` where it can as far as can be known without loading it."""
    mend: str | None


@cache
def cuda_state() -> CudaState:
    """Ask the driver; once per process."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return CudaState((), None, f"this machine has no NVIDIA driver ({name} is not there)")
    try:
        return _asked(driver)
    except (AttributeError, OSError) as error:
        return CudaState((), None, f"the NVIDIA driver does not answer ({error})")


def first_gpu() -> Gpu | None:
    """The GPU that engines use, ``None`` where there is none."""
    gpus = cuda_state().gpus
    return gpus[0] if gpus else None


def gpu_or_error(engine: str = "tensorrt", mend: str = DRIVER_MEND) -> Gpu:
    """The GPU of this machine.

    Raises :class:`EngineUnavailableError` where there is none. Ask before TensorRT loads a plan: without a driver it
    can crash.
    """
    state = cuda_state()
    if state.problem or not state.gpus:
        raise EngineUnavailableError(f"engine {engine}", state.problem or "there is no GPU", mend)
    return state.gpus[0]


def library_states() -> list[LibraryState]:
    """TensorRT, TensorRT-RTX and onnxruntime's CUDA provider, as far as they are known without loading them."""
    return [_tensorrt("tensorrt", "tensorrt"), _tensorrt("tensorrt_rtx", "rtx"), _onnxruntime()]


def clashing_onnxruntimes() -> list[str]:
    """The installed distributions that overwrite each other's ``onnxruntime`` folder, where there is more than one."""
    from importlib.metadata import distributions  # every prediction asks for a GPU, and most need no more than that

    names = {(distribution.metadata["Name"] or "").lower() for distribution in distributions()}
    found = sorted(names & {"onnxruntime", "onnxruntime-gpu"})
    return found if len(found) > 1 else []


def _asked(driver: ctypes.CDLL) -> CudaState:
    if code := driver.cuInit(0):
        return CudaState((), _driver_version(driver), f"the NVIDIA driver cannot start (cuInit gives {code})")
    count = ctypes.c_int()
    if driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return CudaState((), _driver_version(driver), "the NVIDIA driver finds no GPU")
    return CudaState(tuple(_gpu(driver, index) for index in range(count.value)), _driver_version(driver), None)


def _driver_version(driver: ctypes.CDLL) -> str | None:
    number = ctypes.c_int()
    if driver.cuDriverGetVersion(ctypes.byref(number)):
        return None
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


def _gpu(driver: ctypes.CDLL, index: int) -> Gpu:
    device, memory, name = ctypes.c_int(), ctypes.c_size_t(), ctypes.create_string_buffer(256)
    driver.cuDeviceGet(ctypes.byref(device), index)
    driver.cuDeviceGetName(name, len(name), device)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    capability = [_attribute(driver, device, key) for key in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)]
    return Gpu(name.value.decode("utf-8", "replace"), f"sm{capability[0]}{capability[1]}", memory.value)


def _attribute(driver: ctypes.CDLL, device: ctypes.c_int, key: int) -> int:
    value = ctypes.c_int()
    driver.cuDeviceGetAttribute(ctypes.byref(value), key, device)
    return value.value


def _tensorrt(module: str, extra: str) -> LibraryState:
    found = _version(*(f"{module}{suffix}" for suffix in ("", "_cu13", "_cu12"))) if find_spec(module) else None
    if found is None:
        return LibraryState("tensorrt", module, None, "is not installed", pip_install(extra))
    if find_spec("cuda") is None or find_spec("cuda.bindings") is None:
        return LibraryState("tensorrt", module, found, "cuda-bindings is not installed", "pip install cuda-bindings")
    return LibraryState("tensorrt", module, found, *_driver_problem())


def _onnxruntime() -> LibraryState:
    mend = f"pip uninstall onnxruntime onnxruntime-gpu, then {pip_install('gpu')}"
    if clash := clashing_onnxruntimes():
        reason = f"{' and '.join(clash)} are both installed and overwrite each other"
        return LibraryState("cuda", "onnxruntime-gpu", _version("onnxruntime-gpu"), reason, mend)
    found = _version("onnxruntime-gpu")
    if found is None:
        here = "onnxruntime is installed, which has no CUDA" if _version("onnxruntime") else "is not installed"
        return LibraryState("cuda", "onnxruntime-gpu", None, here, mend)
    return LibraryState("cuda", "onnxruntime-gpu", found, *_driver_problem())


def _driver_problem() -> tuple[str | None, str | None]:
    problem = cuda_state().problem
    return problem, DRIVER_MEND if problem else None


def _version(*names: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
