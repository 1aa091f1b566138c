"""Small bundles and graphs that the runtime's tests need, made by hand, without torch."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tallygate.runtime.bundle.reader import LAYOUT
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.text.tokenizer import TextContract, Tokenizer
from tallygate.runtime.text.vocabulary import Vocabulary

WORDS = ["good", "bad", "film", "plot", "not", "very"]


def toy_model(outputs: int = 1, seed: int = 0, units: int = 3, size: int = 2) -> bytes:
    """A one-layer classifier with pooling over the last state, as the graph contract has it."""
    rng = np.random.default_rng(seed)
    arrays = {
        "embedding.weight": rng.normal(size=(len(WORDS) + 2, size)),
        "lstm.0.forward.w": rng.normal(size=(1, 4 * units, size)),
        "lstm.0.forward.r": rng.normal(size=(1, 4 * units, units)),
        "lstm.0.forward.b": np.concatenate([rng.normal(size=(1, 4 * units)), np.zeros((1, 4 * units))], axis=1),
        "head.weight": 10 * rng.normal(size=(outputs, units)),
        "head.bias": rng.normal(size=(outputs,)),
        "one": np.array(1),
        "axis": np.array([1]),
        "column": np.array([-1, 1, 1]),
        "width": np.array([1, 1, units]),
    }
    integers = {"one", "axis", "column", "width"}
    initializers = [
        numpy_helper.from_array(array.astype(np.int64 if name in integers else np.float32), name)
        for name, array in arrays.items()
    ]
    weights = [f"lstm.0.forward.{part}" for part in "wrb"]
    nodes = [
        helper.make_node("Gather", ["embedding.weight", "ids"], ["embedded"]),
        helper.make_node("Transpose", ["embedded"], ["by_time"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["by_time", *weights], ["states"], hidden_size=units),
        helper.make_node("Squeeze", ["states", "axis"], ["squeezed"]),
        helper.make_node("Transpose", ["squeezed"], ["by_row"], perm=[1, 0, 2]),
        helper.make_node("Sub", ["lengths", "one"], ["last"]),
        helper.make_node("Reshape", ["last", "column"], ["column_of_last"], allowzero=1),
        helper.make_node("Expand", ["column_of_last", "width"], ["index"]),
        helper.make_node("GatherElements", ["by_row", "index"], ["of_last"], axis=1),
        helper.make_node("Squeeze", ["of_last", "axis"], ["pooled"]),
        helper.make_node("Gemm", ["pooled", "head.weight", "head.bias"], ["logits"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", outputs])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    architecture = {"layers": 1, "bidirectional": False, "pooling": "last"}
    helper.set_model_props(model, {"tallygate.architecture": json.dumps(architecture)})
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


@dataclass
class ToyBundle:
    """The files of a bundle, to be altered and written."""

    labels: list[str] = field(default_factory=lambda: ["bad", "good"])
    files: dict[str, bytes] = field(default_factory=dict)
    manifest: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        model = toy_model(1 if len(self.labels) == 2 else len(self.labels))
        vocabulary = Vocabulary({word: row for row, word in enumerate(WORDS, 2)}, len(WORDS) + 2)
        self.files = {
            LAYOUT.vocabulary: vocabulary.to_bytes(),
            LAYOUT.goldens: toy_goldens(model, vocabulary),
            LAYOUT.model("fp32"): model,
        }
        self.manifest = _manifest(self.labels)
        self.match_hashes()

    def match_hashes(self) -> None:
        """Make the manifest tell the files as they are now."""
        self.manifest["files"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in self.files.items()
        }

    def write_directory(self, path: Path) -> Path:
        path.mkdir()
        for name, data in (self.files | {LAYOUT.manifest: json.dumps(self.manifest).encode()}).items():
            (path / name).write_bytes(data)
        return path

    def write_zip(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (self.files | {LAYOUT.manifest: json.dumps(self.manifest).encode()}).items():
                archive.writestr(name, data)
        return path


def toy_goldens(model: bytes, vocabulary: Vocabulary | None = None) -> bytes:
    """``golden.jsonl`` for that graph."""
    vocabulary = vocabulary or Vocabulary({word: row for row, word in enumerate(WORDS, 2)}, len(WORDS) + 2)
    engine, tokenizer = NumpyEngine(model, "fp32"), Tokenizer(vocabulary, TextContract(max_length=8))
    lines = []
    for text in ["good film", "very bad plot", "not good", ""]:
        ids = tokenizer.encode(text)
        logits = engine.run(np.array([ids]), np.array([len(ids)]))[0]
        lines.append(json.dumps({"text": text, "ids": ids, "logits": logits.tolist()}))
    return "\n".join(lines).encode() + b"\n"


def _manifest(labels: list[str]) -> dict[str, object]:
    return {
        "schema": "1.0",
        "name": "toy",
        "created_with": "0",
        "labels": labels,
        "text": {"max_length": 8, "keep": "last", "punctuation": "", "version": 1},
        "temperature": 2.0,
        "vocabulary_rows": len(WORDS) + 2,
        "training": {
            "data": "toy", "preset": "toy", "seed": 0, "epochs": 1, "parameters": {"lstm": 1}, "scores": [],
            "created_with": "0",
        },
        "variants": {
            "fp32": {
                "file": LAYOUT.model("fp32"), "precision": "fp32", "engines": ["onnxruntime", "numpy"],
                "batch_invariant": True, "session": {}, "opset": 18, "ir_version": 8, "parity": {},
            }
        },
        "files": {},
    }  # fmt: skip


@pytest.fixture
def toy() -> ToyBundle:
    """A sound bundle of two labels, not yet written."""
    return ToyBundle()


@pytest.fixture
def toy_path(toy: ToyBundle, tmp_path: Path) -> Path:
    """A sound bundle as a directory."""
    return toy.write_directory(tmp_path / "toy")


@pytest.fixture(params=["directory", "zip"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[ToyBundle], Path]:
    """Writes a bundle, once as a directory and once as a zip."""
    if request.param == "zip":
        return lambda bundle: bundle.write_zip(tmp_path / "toy.zip")
    return lambda bundle: bundle.write_directory(tmp_path / "toy")


def random_batch(rng: np.random.Generator, batch: int, time: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Random ids and lengths; what stands behind a length is random too, since it must not matter."""
    return rng.integers(0, len(WORDS) + 2, (batch, time)), rng.integers(1, time + 1, batch)
