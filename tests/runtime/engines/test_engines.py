"""Engines: the same logits from each, padding without effect, gates as the report writes them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.engines import create_engine
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.errors import BundleInvalidError, EngineUnavailableError, UsageError
from tallygate.runtime.graph.onnx_file import read_onnx
from tests.runtime.conftest import random_batch, toy_model

MODEL = toy_model()
ENGINES = [NumpyEngine(MODEL, "fp32"), OnnxRuntimeEngine(MODEL, "fp32", {})]


@pytest.mark.parametrize(("batch", "time"), [(1, 1), (1, 7), (5, 1), (9, 40)])
@pytest.mark.parametrize("outputs", [1, 4])
def test_numpy_and_onnxruntime_agree(batch: int, time: int, outputs: int) -> None:
    model = toy_model(outputs, seed=outputs)
    ids, lengths = random_batch(np.random.default_rng(time), batch, time)
    by_numpy = NumpyEngine(model, "fp32").run(ids, lengths)
    assert by_numpy.shape == (batch, outputs)
    assert by_numpy.dtype == np.float32
    np.testing.assert_allclose(by_numpy, OnnxRuntimeEngine(model, "fp32", {}).run(ids, lengths), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@settings(deadline=None, max_examples=50)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6), seed=st.integers(0, 99), padding=st.integers(0, 9))
def test_a_row_alone_equals_the_row_among_others(
    engine: NumpyEngine | OnnxRuntimeEngine, lengths: list[int], seed: int, padding: int
) -> None:
    ids, _ = random_batch(np.random.default_rng(seed), len(lengths), max(lengths) + padding)
    together = engine.run(ids, np.array(lengths))
    alone = np.concatenate([engine.run(row[None, :n], np.array([n])) for row, n in zip(ids, lengths, strict=True)])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_trace_follows_the_equations() -> None:
    """One unit, one input, by hand: every weight 1, every bias 0, so each gate sees x_t + h_{t-1}."""
    arrays = read_onnx(MODEL, "model").initializers
    engine = NumpyEngine(MODEL, "fp32")
    ids = np.array([3, 2, 5])
    trace = engine.trace(ids)[0][0]
    w, r, b = (arrays[f"lstm.0.forward.{part}"][0].astype(np.float64) for part in "wrb")
    h = c = np.zeros(3)
    for step, x in enumerate(arrays["embedding.weight"][ids].astype(np.float64)):
        i, o, f, candidate = np.split(w @ x + r @ h + b[:12], 4)
        f, i, o, candidate = 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-o)), np.tanh(candidate)
        c = f * c + i * candidate
        h = o * np.tanh(c)
        expected = {"forget": f, "input": i, "candidate": candidate, "output": o, "cell": c, "hidden": h}
        for name, value in expected.items():
            np.testing.assert_allclose(getattr(trace, name)[step], value, atol=1e-6, err_msg=name)
    logits = arrays["head.weight"] @ trace.hidden[-1] + arrays["head.bias"]
    np.testing.assert_allclose(engine.run(ids[None], np.array([3]))[0], logits, atol=1e-5)


@settings(deadline=None)
@given(st.integers(0, len(MODEL)), st.binary(max_size=6))
def test_a_damaged_graph_is_refused_in_one_line_or_read(position: int, garbage: bytes) -> None:
    damaged = MODEL[:position] + garbage + MODEL[position + len(garbage) :]
    message = ""
    try:
        NumpyEngine(damaged, "fp32")
    except BundleInvalidError as error:
        message = str(error)
    assert "\n" not in message


@pytest.mark.parametrize("position", [0, 10, 500])
def test_a_truncated_graph_is_refused(position: int) -> None:
    with pytest.raises(BundleInvalidError):
        NumpyEngine(MODEL[:position], "fp32")
    with pytest.raises(BundleInvalidError, match=r"not an ONNX file|has no") as caught:
        OnnxRuntimeEngine(MODEL[:position], "fp32", {})
    assert "\n" not in str(caught.value)


def test_a_missing_weight_is_named() -> None:
    model = onnx.load_from_string(MODEL)
    kept = [array for array in model.graph.initializer if array.name != "head.bias"]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    with pytest.raises(BundleInvalidError, match=r"has no head\.bias"):
        NumpyEngine(model.SerializeToString(), "fp32")


def test_a_weight_of_another_shape_is_refused() -> None:
    model = onnx.load_from_string(MODEL)
    for array in model.graph.initializer:
        if array.name == "lstm.0.forward.r":
            array.dims[2], array.dims[1] = array.dims[1], array.dims[2]
    with pytest.raises(BundleInvalidError, match=r"lstm\.0\.forward\.\w has type 1 and shape"):
        NumpyEngine(model.SerializeToString(), "fp32")


def test_auto_takes_onnxruntime_and_named_engines_are_taken_at_their_word(toy_path: Path) -> None:
    bundle = open_bundle(toy_path)
    assert create_engine(bundle).name == "onnxruntime"
    assert create_engine(bundle, "numpy").provider == "numpy"
    assert create_engine(bundle, "onnxruntime").provider == "CPUExecutionProvider"
    with pytest.raises(UsageError, match="engine 'gpu': is unknown; choose one of auto"):
        create_engine(bundle, "gpu")


def test_without_onnxruntime_auto_falls_back_and_the_name_raises(
    toy_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr("tallygate.runtime.engines.creation.find_spec", lambda name: None)
    assert create_engine(open_bundle(toy_path)).name == "numpy"
    with pytest.raises(EngineUnavailableError, match=r"pip install .*\[cpu\]'"):
        create_engine(open_bundle(toy_path), "onnxruntime")


@pytest.mark.parametrize("engine", ["auto", "onnxruntime", "numpy"])
@pytest.mark.parametrize("threads", [0, -1, 1025, 99_999_999, 10**23])
def test_threads_that_no_machine_can_start(toy_path: Path, engine: str, threads: int) -> None:
    with pytest.raises(UsageError, match=r"^threads -?\d+: must be at "):
        create_engine(open_bundle(toy_path), engine, threads=threads)
