"""The TensorRT engine's own work: cutting, padding, copying, freeing, taking turns.

Stand-ins for CUDA and TensorRT compute on the host's memory, with the numpy engine in the place of a plan. They prove
nothing of how TensorRT runs; ``tests/gpu`` does, on a GPU.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.engines.tensorrt import engine as tensorrt_engine
from tallygate.runtime.engines.tensorrt.api import network_flags
from tallygate.runtime.engines.tensorrt.cuda_memory import CudaError
from tallygate.runtime.engines.tensorrt.engine import CUDA_GRAPHS, TensorRTEngine
from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.plan import Plan, PlanFacts
from tallygate.runtime.engines.tensorrt.profile import Profile, Range
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.machine.gpu import Gpu

GPU = Gpu("Host", "sm89", 2**30)
PROFILE = Profile(Range(2, 3, 4), Range(3, 5, 8))


@dataclass
class HostCuda:
    """Device memory is memory of the host, of exactly the size that was asked for."""

    memory: dict[int, Any] = field(default_factory=dict)
    streams: int = 0
    limit: int = 2**20
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyHostToDevice=1, cudaMemcpyDeviceToHost=2)  # noqa: N815
    cudaStreamNonBlocking = 1  # noqa: N815
    cudaHostAllocDefault = 0  # noqa: N815

    def _new(self, size: int) -> tuple[int, int]:
        if size > self.limit:
            return 2, 0
        block = (ctypes.c_ubyte * size)()
        self.memory[ctypes.addressof(block)] = block
        return 0, ctypes.addressof(block)

    def _free(self, address: int) -> tuple[int]:
        del self.memory[address]
        return (0,)

    def cudaSetDevice(self, device: int) -> tuple[int]:  # noqa: N802
        return (device,)

    def cudaMalloc(self, size: int) -> tuple[int, int]:  # noqa: N802
        return self._new(size)

    def cudaHostAlloc(self, size: int, _flags: int) -> tuple[int, int]:  # noqa: N802
        return self._new(size)

    def cudaFree(self, address: int) -> tuple[int]:  # noqa: N802
        return self._free(address)

    def cudaFreeHost(self, address: int) -> tuple[int]:  # noqa: N802
        return self._free(address)

    def cudaStreamCreateWithFlags(self, _flags: int) -> tuple[int, int]:  # noqa: N802
        self.streams += 1
        return 0, 7

    def cudaStreamDestroy(self, _stream: int) -> tuple[int]:  # noqa: N802
        self.streams -= 1
        return (0,)

    def cudaStreamSynchronize(self, _stream: int) -> tuple[int]:  # noqa: N802
        return (0,)

    def cudaMemcpyAsync(self, dst: int, src: int, count: int, _kind: int, stream: int) -> tuple[int]:  # noqa: N802
        assert stream == 7
        assert count <= min(len(self.memory[dst]), len(self.memory[src]))
        ctypes.memmove(dst, src, count)
        return (0,)


@dataclass
class HostContext:
    """Runs the numpy engine on the addresses that it was given, and refuses what the profile does."""

    network: NumpyEngine
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    addresses: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[int, ...]] = field(default_factory=list)

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self.shapes[name] = tuple(shape)
        return True

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self.addresses[name] = memory
        return True

    def execute_async_v3(self, _stream: int) -> bool:
        batch, time = self.shapes["ids"]
        if not (2 <= batch <= 4 and 3 <= time <= 8 and self.shapes["lengths"] == (batch,)):
            return False
        self.seen.append((batch, time))
        answer = self.network.run(self._array("ids"), self._array("lengths"))
        ctypes.memmove(self.addresses["logits"], answer.astype(np.float32).tobytes(), 4 * answer.size)
        return True

    def _array(self, name: str) -> NDArray[np.int64]:
        shape = self.shapes[name]
        memory = (ctypes.c_int64 * int(np.prod(shape))).from_address(self.addresses[name])
        return np.ctypeslib.as_array(memory).reshape(shape).copy()


@pytest.fixture
def model(toy: Any) -> bytes:  # noqa: ANN401 - a ToyBundle of conftest
    files: dict[str, bytes] = toy.files
    return files["model.fp32.onnx"]


@pytest.fixture
def context(model: bytes) -> HostContext:
    return HostContext(NumpyEngine(model, "fp32"))


@pytest.fixture
def module(context: HostContext) -> Any:  # noqa: ANN401
    names = ["ids", "lengths", "logits"]
    engine = SimpleNamespace(
        num_io_tensors=3,
        get_tensor_name=names.__getitem__,
        get_tensor_shape=lambda name: (-1, 1),
        create_execution_context=lambda: context,
    )
    severity = SimpleNamespace(INTERNAL_ERROR=0, ERROR=1)
    logger = type("ILogger", (), {"Severity": severity})
    runtime = SimpleNamespace(deserialize_cuda_engine=lambda plan: engine if plan == b"plan" else None)
    return SimpleNamespace(__name__="stand-in", __version__="1", ILogger=logger, Runtime=lambda logger: runtime)


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorrt_engine, "gpu_or_error", lambda: GPU)


def plan_of(data: bytes = b"plan") -> Plan:
    facts = PlanFacts(
        tensorrt="stand-in",
        version="1",
        architectures=["sm89"],
        gpu="Host",
        precision="fp32",
        profile=PROFILE,
        onnx_sha256="0",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        created_with="0",
    )
    return Plan(data, facts)


def batch_of(rows: int, time: int, longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    random = np.random.default_rng(rows)
    return random.integers(0, 8, (rows, time)), random.integers(1, min(longest, time) + 1, rows)


@pytest.mark.parametrize("rows", [0, 1, 2, 4, 5, 9])
@pytest.mark.parametrize("time", [1, 3, 8, 11])
def test_any_batch_is_answered_in_its_order(module: Any, context: HostContext, rows: int, time: int) -> None:  # noqa: ANN401
    engine = TensorRTEngine(plan_of(), module, HostCuda())
    ids, lengths = batch_of(rows, time, longest=8)
    found = engine.run(ids, lengths)
    assert found.shape == (rows, 1)
    if rows:
        np.testing.assert_allclose(found, context.network.run(ids, lengths), atol=1e-6)


def test_answers_are_not_overwritten_by_later_ones(module: Any) -> None:  # noqa: ANN401
    engine = TensorRTEngine(plan_of(), module, HostCuda())
    first = engine.run(*batch_of(3, 5, 5))
    kept = first.copy()
    engine.run(*batch_of(4, 6, 6))
    np.testing.assert_array_equal(first, kept)


def test_threads_take_turns(module: Any, context: HostContext) -> None:  # noqa: ANN401
    engine = TensorRTEngine(plan_of(), module, HostCuda())
    batches = [batch_of(rows, 6, 6) for rows in range(1, 30)]
    found: dict[int, NDArray[np.float32]] = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: engine.run(*batches[n])}))  # type: ignore[misc]
        for n in range(len(batches))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, batch in enumerate(batches):
        np.testing.assert_allclose(found[number], context.network.run(*batch), atol=1e-6)


def test_memory_is_allocated_once_and_given_back(module: Any) -> None:  # noqa: ANN401
    cuda = HostCuda()
    engine = TensorRTEngine(plan_of(), module, cuda)
    held = set(cuda.memory)
    engine.run(*batch_of(9, 6, 6))
    assert set(cuda.memory) == held
    assert len(held) == 6
    del engine
    gc.collect()
    assert (cuda.memory, cuda.streams) == ({}, 0)


def test_too_little_memory_is_said_and_nothing_is_kept(module: Any) -> None:  # noqa: ANN401
    cuda = HostCuda(limit=100)
    with pytest.raises(CudaError, match=r"cudaMalloc gives 2 \(2\); free memory of the GPU"):
        TensorRTEngine(plan_of(), module, cuda)
    assert (cuda.memory, cuda.streams) == ({}, 0)


def test_a_plan_that_does_not_load_or_run_is_one_line(module: Any, context: HostContext) -> None:  # noqa: ANN401
    with pytest.raises(PlanError, match="TensorRT does not load it"):
        TensorRTEngine(plan_of(b"other"), module, HostCuda())
    engine = TensorRTEngine(plan_of(), module, HostCuda())
    context.execute_async_v3 = lambda _stream: False  # type: ignore[method-assign]
    with pytest.raises(PlanError, match=r"does not run a batch of \(3, 5\)"):
        engine.run(np.zeros((3, 5), np.int64), np.full(3, 5))


def test_cuda_graphs_are_asked_of_rtx_alone(module: Any, context: HostContext, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    engine, asked = module.Runtime(None).deserialize_cuda_engine(b"plan"), SimpleNamespace(cuda_graph_strategy=0)
    given: list[Any] = []
    engine.create_runtime_config = lambda: asked
    engine.create_execution_context = lambda *config: given.append(config) or context
    module.CudaGraphStrategy = SimpleNamespace(WHOLE_GRAPH_CAPTURE=1)
    TensorRTEngine(plan_of(), module, HostCuda())
    monkeypatch.setenv(CUDA_GRAPHS, "1")
    with pytest.raises(EngineUnavailableError, match=f"{CUDA_GRAPHS}: stand-in has no capture"):
        TensorRTEngine(plan_of(), module, HostCuda())
    monkeypatch.setattr(tensorrt_engine, "is_rtx", lambda module: True)
    TensorRTEngine(plan_of(), module, HostCuda())
    assert given == [(), (asked,)]
    assert asked.cuda_graph_strategy == 1


def test_only_tensorrt_10_is_asked_to_take_types_from_the_graph() -> None:
    flags = SimpleNamespace(STRONGLY_TYPED=1)
    for name, version, expected in (("tensorrt", "10.9.0", 2), ("tensorrt", "11.4.0", 0), ("tensorrt_rtx", "1.7.1", 0)):
        module: Any = SimpleNamespace(__name__=name, __version__=version, NetworkDefinitionCreationFlag=flags)
        assert network_flags(module) == expected
