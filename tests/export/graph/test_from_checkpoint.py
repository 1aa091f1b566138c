"""The exported graph answers like PyTorch, for every architecture, batch and length."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from tallygate.export.graph.from_checkpoint import OPSETS, node_count, onnx_from_checkpoint
from tallygate.export.references.goldens import make_goldens
from tallygate.export.variants.int8 import INT8_SESSION
from tallygate.export.variants.recipes import VARIANTS
from tallygate.runtime.bundle import INTEGER
from tallygate.runtime.engines import Engine
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.engines.plain.activations import ActivationName
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.errors import UsageError
from tallygate.runtime.parity.gate import check_parity, reference_from_goldens
from tallygate.runtime.text.tokenizer import Tokenizer
from tallygate.train.folder.checkpoint import Checkpoint
from tallygate.train.network import LSTMClassifier
from tests.ngrams import random_part

MakeCheckpoint = Callable[..., Checkpoint]

GRID = [(1, 1), (1, 2), (2, 1), (1, 50), (3, 17), (16, 5), (64, 33)]
ARCHITECTURES = [
    (layers, bidirectional, pooling, 1 if (layers + bidirectional) % 2 else 3)
    for layers in (1, 2)
    for bidirectional in (False, True)
    for pooling in (
        {"pooling": "last"},
        {"pooling": "mean"},
        {"pooling": "mean", "pooling_floor": 9},
        {"pooling": "max"},
        {"pooling": "max-mean", "pooling_floor": 9},
    )
]


def engines_of(graph: onnx.ModelProto) -> list[Engine]:
    model = graph.SerializeToString()
    return [OnnxRuntimeEngine(model, "fp32", {}), NumpyEngine(model, "fp32")]


@pytest.mark.parametrize(("layers", "bidirectional", "pooling", "outputs"), ARCHITECTURES)
def test_every_architecture_answers_like_pytorch(
    checkpoint_of: MakeCheckpoint, layers: int, bidirectional: bool, pooling: dict[str, Any], outputs: int
) -> None:
    checkpoint = checkpoint_of(outputs, layers=layers, bidirectional=bidirectional, **pooling)
    graph = onnx_from_checkpoint(checkpoint)
    assert node_count(graph) <= 50
    rng = np.random.default_rng(0)
    for engine in engines_of(graph):
        for batch, time in GRID:
            ids = rng.integers(0, checkpoint.vocabulary.size, (batch, time))
            lengths = rng.integers(1, time + 1, batch)
            with torch.inference_mode():
                expected = checkpoint.model(torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
            np.testing.assert_allclose(engine.run(ids, lengths), expected, rtol=0, atol=1e-4, err_msg=engine.name)


@pytest.mark.parametrize("longest", [2, 3])
@pytest.mark.parametrize(("pooling", "outputs"), [("last", 1), ("max-mean", 3)])
def test_ngrams_answer_like_pytorch(checkpoint_of: MakeCheckpoint, longest: int, pooling: str, outputs: int) -> None:
    """Beside a network of one direction that has no positions of its own, and beside one that has."""
    plain = checkpoint_of(outputs, pooling=pooling, bidirectional=outputs > 1)
    words = plain.vocabulary.size
    part = random_part(words, outputs, longest)
    model = LSTMClassifier(msgspec.structs.replace(plain.model.architecture, ngrams=part.shape))
    weights = {f"ngrams.{name}": buffer for name, buffer in part.state_dict().items()}
    model.load_state_dict(plain.model.state_dict() | weights)
    checkpoint = replace(plain, model=model.eval())
    graphs = {name: VARIANTS[name].convert(onnx_from_checkpoint(checkpoint)) for name in ("fp32", "int8", "fp16")}
    rng = np.random.default_rng(0)
    for batch, time in GRID:
        ids, lengths = rng.integers(1, words, (batch, time)), rng.integers(1, time + 1, batch)
        with torch.inference_mode():
            expected = checkpoint.model(torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
            lstm = plain.model(torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
        assert np.abs(expected - lstm).max() > 1e-3
        for engine in engines_of(graphs["fp32"]):
            np.testing.assert_allclose(engine.run(ids, lengths), expected, rtol=0, atol=1e-4, err_msg=engine.name)
        # What other variants round is the LSTM: the sums of codes are integers in all of them.
        for name, most in (("int8", 0.5), ("fp16", 0.02)):
            found = OnnxRuntimeEngine(graphs[name].SerializeToString(), name, INT8_SESSION).run(ids, lengths)
            np.testing.assert_allclose(found, expected, rtol=0, atol=most, err_msg=name)


@pytest.mark.parametrize("floor", [1, 9])
@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_every_variant_keeps_the_heads_activation(checkpoint_of: MakeCheckpoint, activation: str, floor: int) -> None:
    """An activation or a floor that a variant lost would move the logits by whole units."""
    checkpoint = checkpoint_of(3, pooling="mean", pooling_floor=floor, head_activation=activation)
    graph = onnx_from_checkpoint(checkpoint)
    rng = np.random.default_rng(0)
    ids, lengths = rng.integers(0, checkpoint.vocabulary.size, (8, 20)), rng.integers(1, 21, 8)
    with torch.inference_mode():
        expected = checkpoint.model(torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
    for recipe in VARIANTS.values():
        if recipe.precision == INTEGER:  # no graph; tests/native holds its activations to this specification
            continue
        model = recipe.convert(graph).SerializeToString()
        for engine in recipe.engines:
            answers = recipe.engine(engine, model).run(ids, lengths)
            np.testing.assert_allclose(answers, expected, rtol=0, atol=0.25, err_msg=f"{recipe.precision} on {engine}")


@pytest.mark.parametrize(("bidirectional", "pooling", "outputs"), [(False, "last", 1), (True, "last", 4)])
def test_the_gate_passes_from_raw_text(
    checkpoint_of: MakeCheckpoint, bidirectional: bool, pooling: str, outputs: int
) -> None:
    checkpoint = checkpoint_of(outputs, bidirectional=bidirectional, pooling=pooling)
    goldens = reference_from_goldens(make_goldens(checkpoint))
    for engine in engines_of(onnx_from_checkpoint(checkpoint)):
        report = check_parity(engine, Tokenizer(checkpoint.vocabulary, checkpoint.text), goldens)
        assert report.passed, report.failures()
        assert report.figure("max row difference") <= 1e-5


def test_the_model_that_is_exported_stays_as_it_was(checkpoint_of: MakeCheckpoint) -> None:
    checkpoint = checkpoint_of(dropout=0.5)
    checkpoint.model.train()
    before = {name: value.clone() for name, value in checkpoint.model.state_dict().items()}
    graph = onnx_from_checkpoint(checkpoint)
    assert checkpoint.model.training
    assert all(torch.equal(value, before[name]) for name, value in checkpoint.model.state_dict().items())
    assert "Dropout" not in {node.op_type for node in graph.graph.node}


def test_equal_weights_keep_their_own_names(checkpoint_of: MakeCheckpoint) -> None:
    checkpoint = checkpoint_of(bidirectional=True)
    layer = checkpoint.model.lstm[0]
    layer.backward_lstm.load_state_dict(layer.forward_lstm.state_dict())
    graph = onnx_from_checkpoint(checkpoint)
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    for part in "wrb":
        np.testing.assert_array_equal(arrays[f"lstm.0.forward.{part}"], arrays[f"lstm.0.backward.{part}"])


def test_gates_stand_in_the_order_of_onnx(checkpoint: Checkpoint, graph: onnx.ModelProto) -> None:
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    i, f, g, o = checkpoint.model.lstm[0].forward_lstm.weight_ih.detach().chunk(4)
    np.testing.assert_array_equal(arrays["lstm.0.forward.w"][0], torch.cat([i, o, f, g]).numpy())


def test_the_asked_opset_is_the_one_written(checkpoint_of: MakeCheckpoint) -> None:
    opset = OPSETS.stop - 1
    graph = onnx_from_checkpoint(checkpoint_of(bidirectional=True, pooling="max"), opset)
    assert [(entry.domain, entry.version) for entry in graph.opset_import] == [("", opset)]
    assert graph.ir_version == onnx.helper.find_min_ir_version_for(graph.opset_import)
    engines_of(graph)[0].run(np.ones((2, 3), np.int64), np.array([1, 3]))


@pytest.mark.parametrize("opset", [OPSETS.start - 1, OPSETS.stop, 0, -1])
def test_another_opset_is_refused(checkpoint: Checkpoint, opset: int) -> None:
    with pytest.raises(UsageError, match=f"opset {opset}"):
        onnx_from_checkpoint(checkpoint, opset)


def test_the_file_holds_no_trace_of_this_machine(graph: onnx.ModelProto) -> None:
    bare = onnx.ModelProto()
    bare.CopyFrom(graph)
    for tensor in bare.graph.initializer:
        tensor.ClearField("raw_data")  # bytes of numbers may read like anything
    data = bare.SerializeToString()
    here = Path(__file__).resolve().parents[3]
    for trace in (str(here), f"{Path.home()}{os.sep}", sys.prefix, "site-packages", ".py"):
        assert trace.encode() not in data
