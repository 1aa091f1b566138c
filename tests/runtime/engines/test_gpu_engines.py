"""The engines on a GPU, on a machine without one: one line and the mend, no crash, no CPU without a word."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.runtime.engines import available_engines
from tallygate.runtime.installation import pip_install
from tallygate.runtime.machine import gpu as gpu_state
from tallygate.runtime.machine.gpu import CudaState, Gpu, clashing_onnxruntimes, first_gpu, library_states

ORT_GPU = "TALLYGATE_ONNXRUNTIME_GPU"
"""Environment variable: a folder that holds onnxruntime-gpu and nothing else."""
no_gpu = pytest.mark.skipif(first_gpu() is not None, reason="this machine has a GPU")
PRETEND = (
    "from tallygate.runtime.machine import gpu as gpu_state\n"
    "state = gpu_state.CudaState((gpu_state.Gpu('NVIDIA Pretended', 'sm89', 2**30),), '13.0', None)\n"
    "gpu_state.cuda_state = lambda: state\n"
)
"""A driver that says it has a GPU: what comes after it fails by itself, as it would where the driver is broken."""


@pytest.fixture
def ort_gpu() -> str:
    if not os.environ.get(ORT_GPU):
        pytest.skip(f"needs onnxruntime-gpu in a folder of its own, named by {ORT_GPU}")
    return os.environ[ORT_GPU]


def run(arguments: list[str], before: str = "", path: str | None = None) -> subprocess.CompletedProcess[str]:
    """``tallygate`` in a process of its own, so that a crash is seen as what it is."""
    program = f"import sys\n{before}\nfrom tallygate.runtime.cli import main\nsys.exit(main({arguments!r}))"
    environment = os.environ | ({"PYTHONPATH": path} if path else {})
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def the_one_line(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 2, answer.stderr
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


@no_gpu
@pytest.mark.parametrize("hidden", ["", "tensorrt_rtx", "cuda", "onnxruntime", "platformdirs"])
@pytest.mark.parametrize("engine", ["tensorrt", "cuda"])
def test_a_named_engine_without_a_gpu_is_one_line(toy_path: Path, engine: str, hidden: str) -> None:
    before = f"sys.modules[{hidden!r}] = None" if hidden else ""
    line = the_one_line(run(["predict", "good film", "--bundle", str(toy_path), "--engine", engine], before))
    assert line.startswith(f"tallygate: engine {engine}: this machine has no NVIDIA driver")
    assert "use --engine auto" in line


@no_gpu
@pytest.mark.parametrize("command", ["verify", "build"])
def test_other_commands_without_a_gpu_are_one_line(toy_path: Path, command: str) -> None:
    engine = ["--engine", "tensorrt"] if command == "verify" else []
    assert "no NVIDIA driver" in the_one_line(run([command, str(toy_path), *engine]))


@no_gpu
@pytest.mark.parametrize(("hidden", "engine"), [("tensorrt_rtx", "onnxruntime"), ("onnxruntime", "numpy")])
def test_auto_answers_on_the_cpu_and_says_so(toy_path: Path, hidden: str, engine: str) -> None:
    answer = run(
        ["predict", "good film", "--bundle", str(toy_path), "--format", "jsonl"], f"sys.modules[{hidden!r}] = None"
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    assert (found["engine"], found["provider"]) == (engine, {"numpy": "numpy"}.get(engine, "CPUExecutionProvider"))


@no_gpu
def test_engines_that_need_a_gpu_are_not_offered() -> None:
    assert [name for name in available_engines() if name != "native"] == ["onnxruntime", "numpy"]


@no_gpu
def test_a_gpu_with_the_cpu_build_of_onnxruntime(toy_path: Path) -> None:
    line = the_one_line(run(["predict", "good", "--bundle", str(toy_path), "--engine", "cuda"], PRETEND))
    assert "is installed without CUDA" in line
    assert pip_install("gpu") in line


@no_gpu
def test_a_gpu_whose_driver_is_broken_is_one_line_for_tensorrt(toy_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx", reason="needs tensorrt-rtx")
    before = f"import os; os.environ['TALLYGATE_CACHE'] = {str(tmp_path)!r}\n{PRETEND}"
    answer = run(["predict", "good", "--bundle", str(toy_path), "--engine", "tensorrt"], before)
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.splitlines()[-1].startswith("tallygate: GPU: cudaSetDevice gives cudaErrorInsufficientDriver")
    plan = next((tmp_path / "plans").glob("*.plan"))
    built = plan.stat().st_mtime_ns
    again = run(["predict", "good", "--bundle", str(toy_path), "--engine", "tensorrt"], before)
    assert "building the TensorRT plan of fp32 for NVIDIA Pretended" in answer.stderr
    assert "building" not in again.stderr
    assert plan.stat().st_mtime_ns == built


@no_gpu
def test_auto_passes_over_a_gpu_that_does_not_work(toy_path: Path, tmp_path: Path) -> None:
    before = f"import os; os.environ['TALLYGATE_CACHE'] = {str(tmp_path)!r}\n{PRETEND}"
    answer = run(["predict", "good", "--bundle", str(toy_path), "--format", "jsonl"], before)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["engine"] == "onnxruntime"


@no_gpu
def test_onnxruntime_gpu_without_a_driver_is_one_line(toy_path: Path, ort_gpu: str) -> None:
    arguments = ["predict", "good", "--bundle", str(toy_path), "--engine", "cuda"]
    assert "no NVIDIA driver" in the_one_line(run(arguments, path=ort_gpu))


@no_gpu
def test_onnxruntime_gpu_that_would_fall_back_to_the_cpu_is_refused(toy_path: Path, ort_gpu: str) -> None:
    answer = run(["predict", "good", "--bundle", str(toy_path), "--engine", "cuda"], PRETEND, ort_gpu)
    assert answer.returncode == 2, answer.stderr
    assert answer.stdout == ""
    line = answer.stderr.splitlines()[-1]
    assert line.startswith(
        "tallygate: engine cuda: onnxruntime cannot load its CUDA provider, and would run on the CPU"
    )


@no_gpu
def test_auto_with_onnxruntime_gpu_answers_on_the_cpu_and_says_so(toy_path: Path, ort_gpu: str) -> None:
    for before in ("", PRETEND):
        answer = run(["predict", "good", "--bundle", str(toy_path), "--format", "jsonl"], before, ort_gpu)
        assert answer.returncode == 0, answer.stderr
        assert json.loads(answer.stdout)["provider"] == "CPUExecutionProvider"


def test_a_network_that_is_left_to_the_cpu_is_found_out(toy_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from a real session, on the provider that this machine has."""
    import onnxruntime

    from tallygate.runtime.bundle.reader import open_bundle
    from tallygate.runtime.engines.ort import cuda as cuda_engine
    from tallygate.runtime.errors import EngineUnavailableError

    if not hasattr(onnxruntime.InferenceSession, "get_provider_graph_assignment_info"):
        pytest.skip(f"needs an onnxruntime as new as the extra [gpu] asks for, not {onnxruntime.__version__}")
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    model = open_bundle(toy_path).read("model.fp32.onnx")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    with pytest.raises(EngineUnavailableError, match="would run on the CPU"):
        cuda_engine._check_is_on_gpu(session)
    monkeypatch.setattr(cuda_engine, "PROVIDER", "CPUExecutionProvider")
    with pytest.raises(EngineUnavailableError, match=r"leaves (LSTM|Gemm)"):
        cuda_engine._check_is_on_gpu(session)


@no_gpu
def test_the_state_of_a_machine_without_a_gpu() -> None:
    states = {state.library: state for state in library_states()}
    assert set(states) == {"tensorrt", "tensorrt_rtx", "onnxruntime-gpu"}
    assert all(state.problem and state.mend for state in states.values())
    assert states["tensorrt"].version is None
    if states["tensorrt_rtx"].version is not None:
        assert "no NVIDIA driver" in str(states["tensorrt_rtx"].problem)


def test_two_onnxruntimes_are_found_to_clash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clashing_onnxruntimes() == []
    folder = tmp_path / "onnxruntime_gpu-1.31.1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime-gpu\nVersion: 1.31.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert clashing_onnxruntimes() == ["onnxruntime", "onnxruntime-gpu"]
    state = next(state for state in library_states() if state.engine == "cuda")
    assert "overwrite each other" in str(state.problem)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_the_driver_is_asked_as_its_manual_says(tmp_path: Path) -> None:
    """A driver of our own writing, which checks what it is given."""
    source = tmp_path / "driver.c"
    source.write_text(_DRIVER)
    library = tmp_path / "libcuda.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    driver = ctypes.CDLL(str(library))
    gpus = (Gpu("NVIDIA First", "sm89", 3 << 33), Gpu("NVIDIA Second", "sm120", 3 << 33))
    assert gpu_state._asked(driver) == CudaState(gpus, "13.2", None)
    driver.set_count(0)
    assert gpu_state._asked(driver).problem == "the NVIDIA driver finds no GPU"
    driver.set_error(999)
    assert gpu_state._asked(driver).problem == "the NVIDIA driver cannot start (cuInit gives 999)"


_DRIVER = """
#include <stddef.h>
#include <string.h>
static int error = 0, count = 2;
void set_error(int e) { error = e; }
void set_count(int c) { count = c; }
int cuInit(unsigned flags) { return flags ? 1 : error; }
int cuDriverGetVersion(int *v) { *v = 13020; return 0; }
int cuDeviceGetCount(int *n) { *n = count; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal + 40; return 0; }
int cuDeviceGetName(char *name, int size, int device) {
  if (size < 100) return 1;
  strcpy(name, device == 40 ? "NVIDIA First" : "NVIDIA Second");
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = (size_t)3 << 33; return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  if (attribute == 75) *value = device == 40 ? 8 : 12;
  else if (attribute == 76) *value = device == 40 ? 9 : 0;
  else return 1;
  return 0;
}
"""
