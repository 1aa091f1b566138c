"""``verify`` finds what was altered, even where every hash was made to match."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from tallygate.export.graph.tidy import with_weights
from tallygate.runtime.bundle.reader import LAYOUT
from tallygate.runtime.cli import main

MODEL = LAYOUT.model("fp32")
Weights = dict[str, NDArray[np.float32]]


@pytest.fixture
def copy(bundle_path: Path, tmp_path: Path) -> Path:
    """A bundle to be altered."""
    return Path(shutil.copytree(bundle_path, tmp_path / "copy"))


def rewrite(bundle: Path, name: str, data: bytes) -> None:
    """Put ``data`` in place of a file, and its facts into the manifest."""
    (bundle / name).write_bytes(data)
    manifest = json.loads((bundle / LAYOUT.manifest).read_bytes())
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    (bundle / LAYOUT.manifest).write_text(json.dumps(manifest), "utf-8")


def alter_weights(bundle: Path, alter: Callable[[Weights], None]) -> None:
    graph = onnx.load_model_from_string((bundle / MODEL).read_bytes())
    weights = {t.name: numpy_helper.to_array(t).copy() for t in graph.graph.initializer if "." in t.name}
    alter(weights)
    rewrite(bundle, MODEL, with_weights(graph, weights).SerializeToString())


def gates_in_the_order_of_pytorch(weights: Weights) -> None:
    for name in ("lstm.0.forward.w", "lstm.0.forward.r"):
        i, o, f, c = np.split(weights[name], 4, axis=1)
        weights[name] = np.concatenate([i, f, c, o], axis=1)


def one_gate_off(weights: Weights) -> None:
    weights["lstm.0.forward.r"] = np.roll(weights["lstm.0.forward.r"], 7, axis=1)


def flipped_sign(weights: Weights) -> None:
    weights["head.weight"] = -weights["head.weight"]


def not_a_number(weights: Weights) -> None:
    weights["embedding.weight"][1] = np.nan


def slightly_off(weights: Weights) -> None:
    weights["head.bias"] = weights["head.bias"] + np.float32(2e-4)


def one_rare_row_off(weights: Weights) -> None:
    weights["embedding.weight"][97] += 3


ALTERATIONS = [gates_in_the_order_of_pytorch, one_gate_off, flipped_sign, slightly_off, one_rare_row_off]


def test_a_sound_bundle_passes(bundle_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(bundle_path)]) == 0
    out = capsys.readouterr().out
    assert "every gate passed" in out
    assert "onnxruntime" in out
    assert "numpy" in out


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_altered_weights_fail(copy: Path, capsys: pytest.CaptureFixture[str], alter: Callable[[Weights], None]) -> None:
    alter_weights(copy, alter)
    assert main(["verify", str(copy)]) == 1
    captured = capsys.readouterr()
    assert captured.out.count("FAILED") == 2
    assert "fp32 on onnxruntime: max logit difference" in captured.err
    assert "fp32 on numpy: max logit difference" in captured.err


def test_a_weight_that_is_no_number_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alter_weights(copy, not_a_number)
    assert main(["verify", str(copy)]) == 2
    assert "embedding.weight holds a number that is infinite, NaN" in capsys.readouterr().err


@pytest.mark.parametrize("subtracted", [0, 2])
def test_a_length_that_is_off_by_one_is_refused(
    copy: Path, capsys: pytest.CaptureFixture[str], subtracted: int
) -> None:
    graph = onnx.load_model_from_string((copy / MODEL).read_bytes())
    one = next(node for node in graph.graph.node if node.op_type == "Sub").input[1]
    with_other = with_weights(graph, {one: np.array(subtracted, np.int64)})
    rewrite(copy, MODEL, with_other.SerializeToString())
    assert main(["verify", str(copy), "--engine", "onnxruntime"]) == 2
    assert "('Sub') is no step of this network" in capsys.readouterr().err


def test_a_wrong_vocabulary_fails(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (copy / LAYOUT.vocabulary).read_text("utf-8").splitlines()
    (word, row), (other, other_row) = (line.split("\t") for line in lines[:2])
    lines[:2] = [f"{word}\t{other_row}", f"{other}\t{row}"]
    rewrite(copy, LAYOUT.vocabulary, "".join(f"{line}\n" for line in lines).encode())
    assert main(["verify", str(copy)]) == 1
    assert "texts with other ids" in capsys.readouterr().err


@pytest.mark.parametrize(("key", "value"), [("keep", "first"), ("max_length", 39), ("punctuation", "!")])
def test_a_wrong_text_contract_fails(copy: Path, capsys: pytest.CaptureFixture[str], key: str, value: object) -> None:
    manifest = json.loads((copy / LAYOUT.manifest).read_bytes())
    manifest["text"][key] = value
    (copy / LAYOUT.manifest).write_text(json.dumps(manifest), "utf-8")
    assert main(["verify", str(copy)]) == 1
    assert "texts with other ids" in capsys.readouterr().err


def test_goldens_that_were_thinned_out_fail(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (copy / LAYOUT.goldens).read_bytes().splitlines(keepends=True)
    rewrite(copy, LAYOUT.goldens, b"".join(lines[:10]))
    assert main(["verify", str(copy)]) == 1
    assert "goldens 10, below 256" in capsys.readouterr().err


def test_json_holds_every_figure(bundle_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(bundle_path), "--json", "--engine", "numpy", "--precision", "fp32"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["passed"] is True
    (report,) = facts["reports"]
    assert (report["precision"], report["engine"], report["passed"]) == ("fp32", "numpy", True)
    figures = {check["name"]: check["figure"] for check in report["checks"]}
    assert 0 <= figures["max row difference"] <= 1e-5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--engine", "abacus"], "engine 'abacus': is unknown"),
        (["--precision", "int3"], "has no variant int3"),
    ],
)
def test_what_is_not_there_is_bad_usage(
    bundle_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["verify", str(bundle_path), *options]) == 2
    assert words in capsys.readouterr().err
