"""Every activation of the head: trained by a preset, exported through its gate, answered alike by each engine."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import onnx
import pytest
import torch

from tallygate.export.peers.plain_export import plain_model
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines import create_engine
from tallygate.runtime.engines.plain.activations import ACTIVATIONS, ActivationName
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.errors import BundleInvalidError
from tallygate.train.folder.checkpoint import load_checkpoint
from tallygate.train.network.activations import ACTIVATIONS as TORCH_ACTIVATIONS
from tallygate.train.network.model import Architecture
from tests.runtime.conftest import random_batch, toy_model

NAMES: tuple[ActivationName, ...] = get_args(ActivationName)
OPERATORS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softplus": "Softplus", "leaky-relu": "LeakyRelu"}
PRESET = """
[text]
vocabulary_size = 500
max_length = 48
[model]
embedding_size = 16
hidden_size = 32
pooling = "max"
head_activation = "{}"
[training]
epochs = 4
batch_size = 32
learning_rate = 1e-2
precision = "float32"
"""


@pytest.mark.parametrize("name", NAMES)
def test_from_preset_to_bundle(name: ActivationName, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(PRESET.format(name))
    run, path = tmp_path / "run", tmp_path / "bundle"
    assert main(["train", "--data", "mini", "--preset", str(tmp_path / "own.toml"), "--out", str(run)]) == 0
    checkpoint = load_checkpoint(run)
    result = export_bundle(checkpoint, path, ExportOptions(variants=("fp32", "fp16")))
    assert all(variant.passed for variant in result.variants), result.variants
    model, bundle = checkpoint.model, open_bundle(path)
    assert model.architecture.head_activation == name
    operators = {node.op_type for node in onnx.load(path / "model.fp32.onnx").graph.node}
    assert operators & set(OPERATORS.values()) == ({OPERATORS[name]} if name in OPERATORS else set())
    ids, lengths = random_batch(np.random.default_rng(0), 5, 9)
    with torch.inference_mode():
        batch = torch.from_numpy(ids), torch.from_numpy(lengths)
        expected, plain = model(*batch).numpy(), plain_model(bundle)(*batch).numpy()
    np.testing.assert_allclose(plain, expected, atol=1e-4)
    for engine in ("numpy", "onnxruntime"):
        answers = create_engine(bundle, engine, precision="fp32").run(ids, lengths)
        np.testing.assert_allclose(answers, expected, atol=1e-4, err_msg=engine)


def test_all_three_tables_know_the_same_names() -> None:
    assert tuple(ACTIVATIONS) == tuple(TORCH_ACTIVATIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_numpy_computes_what_pytorch_does(name: ActivationName) -> None:
    z = np.concatenate([np.linspace(-6, 6, 101), [-200.0, 200.0]]).astype(np.float32)
    expected = TORCH_ACTIVATIONS[name].function(torch.from_numpy(z)).numpy()
    with np.errstate(all="raise", under="ignore"):
        found = ACTIVATIONS[name](z)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_older_architectures_have_none() -> None:
    older = b'{"vocabulary_size": 9, "embedding_size": 2, "hidden_size": 3, "outputs": 1}'
    assert msgspec.json.decode(older, type=Architecture).head_activation == "linear"


def test_an_unknown_one_in_a_graph_is_refused() -> None:
    model = onnx.load_from_string(toy_model())
    for entry in model.metadata_props:
        entry.value = entry.value.replace('"pooling"', '"head_activation": "swish", "pooling"')
    with pytest.raises(BundleInvalidError, match="swish"):
        NumpyEngine(model.SerializeToString(), "fp32")
