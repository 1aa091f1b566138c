"""What can be proved on a GPU alone: run it there with ``pytest -m gpu``, or with ``make gpu-report``."""

from __future__ import annotations

import threading
from dataclasses import replace
from importlib.util import find_spec

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.runtime.bundle.manifest import GPU_PRECISIONS
from tallygate.runtime.bundle.reader import Bundle
from tallygate.runtime.engines import Engine, create_engine
from tallygate.runtime.engines.tensorrt.api import installed_flavours, load_tensorrt
from tallygate.runtime.engines.tensorrt.engine import CUDA_GRAPHS, TensorRTEngine
from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.plans import build_here, cached_plan, default_profile
from tallygate.runtime.engines.tensorrt.profile import Profile, Range
from tallygate.runtime.machine.gpu import Gpu, library_states
from tallygate.runtime.parity.gate import check_parity, reference_from_bundle
from tallygate.runtime.parity.limits import gate_of

pytestmark = pytest.mark.gpu
PAIRS = [(engine, precision) for engine, precisions in GPU_PRECISIONS.items() for precision in precisions]
needs_tensorrt = pytest.mark.skipif(not installed_flavours(), reason="needs TensorRT")


def engine_or_skip(bundle: Bundle, name: str, precision: str) -> Engine:
    """The engine, where its library is installed; one that is installed and fails is a failure."""
    problems = [state.problem for state in library_states() if state.engine == name]
    if all(problems):
        pytest.skip(f"needs {name}: {problems[0]}")
    return create_engine(bundle, name, precision)


def on_the_cpu(bundle: Bundle, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    """What fp32 answers on the CPU."""
    name = "onnxruntime" if find_spec("onnxruntime") else "numpy"
    return create_engine(bundle, name, "fp32").run(ids, lengths)


def batch_of(bundle: Bundle, rows: int, time: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Random ids, behind the lengths too, where they must not matter."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, time + 1, rows)
    lengths[:2] = (1, time)[: len(lengths[:2])]
    return random.integers(0, bundle.manifest.vocabulary_rows, (rows, time)), lengths


@pytest.mark.parametrize(("name", "precision"), PAIRS)
def test_the_parity_gate(bundle: Bundle, name: str, precision: str) -> None:
    engine = engine_or_skip(bundle, name, precision)
    report = check_parity(engine, bundle.tokenizer(), reference_from_bundle(bundle))
    assert report.failures() == []


@needs_tensorrt
@pytest.mark.parametrize("precision", GPU_PRECISIONS["tensorrt"])
def test_the_edges_of_the_profile_and_beyond(bundle: Bundle, precision: str) -> None:
    profile, limit = default_profile(bundle), gate_of(precision).max_logit_difference
    engine = engine_or_skip(bundle, "tensorrt", precision)
    rows = (profile.batch.min, profile.batch.opt, profile.batch.max, profile.batch.max + 1, 3 * profile.batch.max)
    times = (profile.time.min, profile.time.opt, profile.time.max, profile.time.max + 7)
    for seed, (count, time) in enumerate((count, time) for count in rows for time in times):
        ids, lengths = batch_of(bundle, count, time, seed)
        lengths = np.minimum(lengths, profile.time.max)
        difference = np.abs(engine.run(ids, lengths) - on_the_cpu(bundle, ids, lengths)).max()
        assert difference <= limit, (count, time)


@needs_tensorrt
def test_a_profile_that_asks_for_more_rows_than_there_are(bundle: Bundle, gpu: Gpu) -> None:
    module, profile = load_tensorrt(), Profile(Range(4, 8, 8), Range(16, 32, 64))
    engine = TensorRTEngine(build_here(bundle, "fp32", module, gpu, profile), module)
    ids, lengths = batch_of(bundle, 2, 9)
    assert np.abs(engine.run(ids, lengths) - on_the_cpu(bundle, ids, lengths)).max() <= 1e-4
    with pytest.raises(PlanError, match="takes 64 ids a row"):
        engine.run(*batch_of(bundle, 2, 65))


@needs_tensorrt
def test_a_plan_is_built_once(bundle: Bundle, gpu: Gpu, capsys: pytest.CaptureFixture[str]) -> None:
    module = load_tensorrt()
    first = build_here(bundle, "fp32", module, gpu, again=True)
    assert "building" in capsys.readouterr().err
    second = cached_plan(bundle, "fp32", module, gpu)
    assert second is not None
    assert second.facts == first.facts
    create_engine(bundle, "tensorrt", "fp32")
    assert "building" not in capsys.readouterr().err


@pytest.mark.skipif("tensorrt_rtx" not in installed_flavours()[:1], reason="needs TensorRT-RTX")
def test_captured_graphs_answer_as_launched_kernels(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = engine_or_skip(bundle, "tensorrt", "fp32")
    monkeypatch.setenv(CUDA_GRAPHS, "1")
    captured = engine_or_skip(bundle, "tensorrt", "fp32")
    for seed, (rows, time) in enumerate([(1, 40), (8, 100), (1, 40), (8, 100), (3, 7), (8, 100), (1, 40)]):
        batch = batch_of(bundle, rows, time, seed)
        np.testing.assert_allclose(captured.run(*batch), plain.run(*batch), atol=1e-4)


@needs_tensorrt
def test_auto_takes_a_plan_that_is_there(bundle: Bundle, gpu: Gpu) -> None:
    build_here(bundle, "fp32", load_tensorrt(), gpu)
    assert create_engine(bundle).name == "tensorrt"


@needs_tensorrt
def test_a_plan_of_another_gpu_is_refused(bundle: Bundle, gpu: Gpu) -> None:
    module = load_tensorrt()
    plan = build_here(bundle, "fp32", module, gpu)
    other = replace(plan, facts=msgspec.structs.replace(plan.facts, architectures=["sm10"]))
    with pytest.raises(PlanError, match="is for sm10"):
        TensorRTEngine(other, module)
    with pytest.raises(PlanError, match="does not load it"):
        TensorRTEngine(replace(plan, data=plan.data[: len(plan.data) // 2]), module)


@pytest.mark.parametrize("name", GPU_PRECISIONS)
def test_threads_share_an_engine(bundle: Bundle, name: str) -> None:
    engine = engine_or_skip(bundle, name, "fp32")
    batches = [batch_of(bundle, 5, 20 + seed, seed) for seed in range(16)]
    expected, found = [engine.run(*batch) for batch in batches], [np.empty(0)] * len(batches)

    def run(number: int) -> None:
        found[number] = engine.run(*batches[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("name", GPU_PRECISIONS)
def test_memory_is_given_back(bundle: Bundle, name: str) -> None:
    """Hundreds of engines with 4 MB each would show as a lack of memory at last."""
    for _ in range(20):
        engine_or_skip(bundle, name, "fp32").run(*batch_of(bundle, 64, 100))
