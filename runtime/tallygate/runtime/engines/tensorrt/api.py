"""What tallygate calls of TensorRT, written down as types: its modules ship none.

``tensorrt`` (for data centre and desktop GPUs) and ``tensorrt_rtx`` (for RTX cards, builds without a GPU) have the same
builder and the same runtime, so the module is a parameter everywhere. A test holds every name here against the real
module.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, Protocol, cast

from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.installation import pip_install

Flavour = Literal["tensorrt", "tensorrt_rtx"]
FLAVOURS: tuple[Flavour, ...] = ("tensorrt", "tensorrt_rtx")
"""Importable modules, the preferred one first."""
Shape = Sequence[int]


class HostMemory(Protocol):
    """A serialized plan; its bytes are read through the buffer protocol."""

    nbytes: int

    def __buffer__(self, flags: int, /) -> memoryview: ...


class ParserError(Protocol):
    """One error of the ONNX parser."""

    def code(self) -> Any: ...  # noqa: ANN401, D102 - an enumeration of the module
    def desc(self) -> str: ...  # noqa: D102
    def node_name(self) -> str: ...  # noqa: D102
    def node_operator(self) -> str: ...  # noqa: D102


class Tensor(Protocol):
    """A value of a network."""

    name: str
    dtype: Any


class Layer(Protocol):
    """One layer of a parsed network."""

    name: str
    type: Any
    num_outputs: int

    def get_output(self, index: int) -> Tensor: ...  # noqa: D102


class Network(Protocol):
    """A parsed network."""

    num_inputs: int
    num_outputs: int
    num_layers: int

    def get_input(self, index: int) -> Tensor: ...  # noqa: D102
    def get_output(self, index: int) -> Tensor: ...  # noqa: D102
    def get_layer(self, index: int) -> Layer: ...  # noqa: D102


class Parser(Protocol):
    """The ONNX parser."""

    num_errors: int

    def parse(self, model: bytes) -> bool: ...  # noqa: D102
    def get_error(self, index: int) -> ParserError: ...  # noqa: D102


class OptimizationProfile(Protocol):
    """Shapes that a plan accepts."""

    def set_shape(self, input: str, min: Shape, opt: Shape, max: Shape) -> None: ...  # noqa: A002, D102


class TimingCache(Protocol):
    """What the builder measured on this GPU."""

    def serialize(self) -> HostMemory: ...  # noqa: D102


class BuilderConfig(Protocol):
    """Settings of one build."""

    progress_monitor: Any
    num_compute_capabilities: int
    """TensorRT-RTX only."""

    def add_optimization_profile(self, profile: OptimizationProfile) -> int: ...  # noqa: D102
    def set_memory_pool_limit(self, pool: Any, pool_size: int) -> None: ...  # noqa: ANN401, D102
    def clear_flag(self, flag: Any) -> None: ...  # noqa: ANN401, D102
    def set_compute_capability(self, compute_capability: Any, index: int) -> bool: ...  # noqa: ANN401, D102
    def create_timing_cache(self, serialized_timing_cache: bytes) -> TimingCache: ...  # noqa: D102
    def set_timing_cache(self, cache: TimingCache, ignore_mismatch: bool) -> bool: ...  # noqa: D102
    def get_timing_cache(self) -> TimingCache | None: ...  # noqa: D102


class Builder(Protocol):
    """Turns networks into plans."""

    def create_network(self, flags: int) -> Network: ...  # noqa: D102
    def create_builder_config(self) -> BuilderConfig: ...  # noqa: D102
    def create_optimization_profile(self) -> OptimizationProfile: ...  # noqa: D102
    def build_serialized_network(self, network: Network, config: BuilderConfig) -> HostMemory | None: ...  # noqa: D102


class ExecutionContext(Protocol):
    """Runs a plan; not safe to share between threads."""

    def set_input_shape(self, name: str, shape: Shape) -> bool: ...  # noqa: D102
    def set_tensor_address(self, name: str, memory: int) -> bool: ...  # noqa: D102
    def execute_async_v3(self, stream_handle: int) -> bool: ...  # noqa: D102


class RuntimeConfig(Protocol):
    """How a plan is run; TensorRT-RTX only."""

    cuda_graph_strategy: Any


class CudaEngine(Protocol):
    """A plan on the GPU."""

    num_io_tensors: int

    def get_tensor_name(self, index: int) -> str: ...  # noqa: D102
    def get_tensor_dtype(self, name: str) -> Any: ...  # noqa: ANN401, D102
    def get_tensor_shape(self, name: str) -> Shape: ...  # noqa: D102
    def get_tensor_profile_shape(self, name: str, profile_index: int) -> Sequence[Shape]: ...  # noqa: D102
    def create_execution_context(self, *runtime_config: RuntimeConfig) -> ExecutionContext | None: ...  # noqa: D102
    def create_runtime_config(self) -> RuntimeConfig:
        """TensorRT-RTX only."""
        ...


class Runtime(Protocol):
    """Loads plans."""

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> CudaEngine | None: ...  # noqa: D102


class TensorRT(Protocol):
    """The module ``tensorrt`` or ``tensorrt_rtx``."""

    __name__: str
    __version__: str
    ILogger: Any
    IProgressMonitor: Any
    BuilderFlag: Any
    MemoryPoolType: Any
    LayerType: Any
    DataType: Any
    ComputeCapability: Any
    """TensorRT-RTX only."""
    CudaGraphStrategy: Any
    """TensorRT-RTX only."""
    NetworkDefinitionCreationFlag: Any
    Builder: Callable[[Any], Builder]
    OnnxParser: Callable[[Network, Any], Parser]
    Runtime: Callable[[Any], Runtime]


REAL_NAMES: dict[type, str] = {
    HostMemory: "IHostMemory",
    ParserError: "ParserError",
    Tensor: "ITensor",
    Layer: "ILayer",
    Network: "INetworkDefinition",
    Parser: "OnnxParser",
    OptimizationProfile: "IOptimizationProfile",
    TimingCache: "ITimingCache",
    BuilderConfig: "IBuilderConfig",
    Builder: "Builder",
    ExecutionContext: "IExecutionContext",
    RuntimeConfig: "IRuntimeConfig",
    CudaEngine: "ICudaEngine",
    Runtime: "Runtime",
}
"""What the module calls each of these."""


def installed_flavours() -> list[Flavour]:
    """The TensorRT modules that are installed, the preferred one first; none of them is imported."""
    return [flavour for flavour in FLAVOURS if find_spec(flavour) is not None]


def install_tensorrt() -> str:
    """The mend where TensorRT is missing."""
    return f"run: {pip_install('tensorrt')} (or rtx in its place, for RTX cards)"


def load_tensorrt(flavour: Flavour | None = None) -> TensorRT:
    """Import TensorRT: the given module, or the first that is installed.

    Raises :class:`EngineUnavailableError` where there is none, or it cannot be imported. Importing it and building
    with it needs no GPU; running a plan does, so look for one first (:mod:`tallygate.runtime.machine.gpu`).
    """
    names = [flavour] if flavour else installed_flavours()
    if not names or find_spec(names[0]) is None:
        missing = "TensorRT-RTX" if flavour == "tensorrt_rtx" else "TensorRT"
        raise EngineUnavailableError("engine tensorrt", f"{missing} is not installed", install_tensorrt())
    try:
        return cast(TensorRT, import_module(names[0]))
    except Exception as error:  # a broken installation fails in many ways: missing libraries, wrong versions
        reason = f"{names[0]} is installed but cannot be imported ({error})"
        raise EngineUnavailableError("engine tensorrt", reason, f"{install_tensorrt()} again") from error


def is_rtx(module: TensorRT) -> bool:
    """Whether it is TensorRT-RTX."""
    return module.__name__ == "tensorrt_rtx"


def network_flags(module: TensorRT) -> int:
    """Flags under which precision is what the graph says: TensorRT 10 has to be asked, newer ones know nothing else."""
    if is_rtx(module) or int(module.__version__.split(".")[0]) > 10:
        return 0
    return 1 << int(module.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


def without_warnings() -> warnings.catch_warnings[None]:
    """A context for calls that one of the two modules calls deprecated and the other needs."""
    return warnings.catch_warnings(action="ignore")
