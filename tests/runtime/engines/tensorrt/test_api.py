"""The types in ``api`` and ``cuda_memory`` against the real modules, which ship none."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

from tallygate.runtime.engines.tensorrt import api as tensorrt_api
from tallygate.runtime.engines.tensorrt.api import REAL_NAMES, TensorRT, load_tensorrt, network_flags
from tallygate.runtime.engines.tensorrt.cuda_memory import CudaError, CudaRuntime, Stream, checked, load_cuda
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.installation import pip_install

tensorrt = pytest.importorskip("tensorrt_rtx", reason="needs tensorrt-rtx")


def protocols() -> list[type]:
    """Every protocol of the module but the module itself."""
    members = vars(tensorrt_api).values()
    return [m for m in members if inspect.isclass(m) and getattr(m, "_is_protocol", False) and m is not TensorRT]


def names_of(protocol: type) -> list[str]:
    attributes = [*vars(protocol), *vars(protocol).get("__annotations__", {})]
    return sorted(name for name in set(attributes) if not name.startswith("_"))


def test_every_protocol_has_a_real_name() -> None:
    declared = {p for p in protocols() if p.__module__ == tensorrt_api.__name__}
    assert declared == set(REAL_NAMES)


@pytest.mark.parametrize(("protocol", "real"), REAL_NAMES.items(), ids=REAL_NAMES.values())
def test_the_real_class_has_what_the_protocol_says(protocol: type, real: str) -> None:
    found = getattr(tensorrt, real)
    assert names_of(protocol)
    assert [name for name in names_of(protocol) if not hasattr(found, name)] == []


@pytest.mark.parametrize(("protocol", "real"), REAL_NAMES.items(), ids=REAL_NAMES.values())
def test_the_real_methods_take_as_many_arguments(protocol: type, real: str) -> None:
    for name, method in vars(protocol).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            wanted = len(inspect.signature(method).parameters)
            signatures = re.findall(rf"{name}\(([^)]*)\)", getattr(tensorrt, real).__dict__[name].__doc__ or "")
            counts = [signature.count(":") for signature in signatures if "self" in signature]
            optional = [signature.count("=") for signature in signatures if "self" in signature]
            fits = [most - free <= wanted <= most for most, free in zip(counts, optional, strict=True)]
            assert any(fits), f"{real}.{name} takes {signatures}, and tallygate gives {wanted}"


def test_the_module_has_what_its_protocol_says() -> None:
    assert [name for name in TensorRT.__annotations__ if not hasattr(tensorrt, name)] == []


def test_the_enumerations_have_what_is_used() -> None:
    module = load_tensorrt("tensorrt_rtx")
    assert module.MemoryPoolType.WORKSPACE
    assert module.BuilderFlag.TF32
    assert {"FLOAT", "HALF", "BF16", "INT64"} <= set(module.DataType.__members__)
    assert {"RECURRENCE", "MATRIX_MULTIPLY"} <= set(module.LayerType.__members__)
    assert {"SM75", "SM86", "SM89", "SM120"} <= set(module.ComputeCapability.__members__)
    assert module.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE != module.CudaGraphStrategy.DISABLED
    assert network_flags(module) == 0


def test_cuda_bindings_have_what_their_protocol_says() -> None:
    cuda = pytest.importorskip("cuda.bindings.runtime", reason="needs cuda-bindings")
    assert [name for name in names_of(CudaRuntime) if not hasattr(cuda, name)] == []
    for name, method in vars(CudaRuntime).items():
        if inspect.isfunction(method) and name.startswith("cuda"):
            expected = list(inspect.signature(method).parameters)[1:]
            assert list(inspect.signature(getattr(cuda, name)).parameters) == expected, name


def test_a_failed_call_of_cuda_is_one_line() -> None:
    class OutOfMemory(int):
        name = "cudaErrorMemoryAllocation"

    with pytest.raises(CudaError, match=r"cudaMalloc gives cudaErrorMemoryAllocation \(2\)"):
        checked((OutOfMemory(2), None), "cudaMalloc")
    assert checked((OutOfMemory(0), 7), "cudaMalloc") == 7


def test_without_a_driver_a_stream_is_refused() -> None:
    pytest.importorskip("cuda.bindings.runtime", reason="needs cuda-bindings")
    from tallygate.runtime.machine.gpu import first_gpu

    if first_gpu() is not None:
        pytest.skip("this machine has a GPU")
    with pytest.raises(CudaError, match="cudaSetDevice gives cudaErrorInsufficientDriver"):
        Stream(load_cuda())


@pytest.mark.parametrize(
    ("hidden", "call", "says"),
    [
        ("tensorrt", "load_tensorrt('tensorrt')", "TensorRT is not installed"),
        ("tensorrt_rtx", "load_tensorrt('tensorrt_rtx')", "TensorRT-RTX is not installed"),
        ("cuda.bindings.runtime", "load_cuda()", "cuda-bindings cannot be imported"),
    ],
)
def test_what_is_not_installed_is_said_in_one_line(hidden: str, call: str, says: str) -> None:
    program = (
        f"import sys; sys.modules[{hidden!r}] = None\n"
        "from tallygate.runtime.engines.tensorrt.api import load_tensorrt\n"
        "from tallygate.runtime.engines.tensorrt.cuda_memory import load_cuda\n"
        "from tallygate.runtime.errors import EngineUnavailableError\n"
        f"try: {call}\n"
        "except EngineUnavailableError as error: print(error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert says in answer
    assert pip_install("tensorrt") in answer


def test_a_broken_installation_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> None:
        raise OSError("libtensorrt.so: cannot open\nshared object file")

    monkeypatch.setattr(tensorrt_api, "import_module", broken)
    with pytest.raises(EngineUnavailableError, match="is installed but cannot be imported") as error:
        load_tensorrt("tensorrt_rtx")
    assert "\n" not in str(error.value)
