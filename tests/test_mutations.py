"""Broken copies: files of a bundle altered, hashes made to match again; ``verify`` must find every one of them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tallygate.runtime.bundle.reader import LAYOUT, open_bundle, shipped_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.parity.gate import check_parity, reference_from_goldens

Files = dict[str, bytes]
Mutation = Callable[[onnx.ModelProto], None]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A bundle of a small trained model, file by file."""
    folder = tmp_path_factory.mktemp("mutations")
    assert main(["train", "--data", "mini", "--preset", "tiny", "--out", str(folder / "run")]) == 0
    assert main(["export", str(folder / "run"), "--out", str(folder / "bundle")]) == 0
    return {path.name: path.read_bytes() for path in (folder / "bundle").iterdir()}


@pytest.fixture(scope="module")
def shipped_files() -> Files:
    """The bundle that comes with the package, file by file."""
    with zipfile.ZipFile(shipped_bundle()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(files: Files, path: Path) -> Path:
    """Write the files with a manifest whose hashes match them."""
    manifest = json.loads(files[LAYOUT.manifest])
    others = {name: data for name, data in files.items() if name != LAYOUT.manifest}
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in others.items()
    }
    path.mkdir()
    for name, data in (others | {LAYOUT.manifest: json.dumps(manifest).encode()}).items():
        (path / name).write_bytes(data)
    return path


def with_graph(files: Files, precision: str, mutate: Mutation) -> Files:
    """The files with one graph altered."""
    name = LAYOUT.model(precision)
    model = onnx.load_from_string(files[name])
    mutate(model)
    onnx.checker.check_model(model)
    return files | {name: model.SerializeToString()}


def wrong_gate_order(model: onnx.ModelProto) -> None:
    """Gates in PyTorch's order i, f, c, o, where ONNX has i, o, f, c."""
    for part in ("w", "r", "b"):
        tensor = _tensor(model, f"lstm.0.forward.{part}")
        i, o, f, c, *rest = np.split(numpy_helper.to_array(tensor), 8 if part == "b" else 4, axis=1)
        tensor.CopyFrom(numpy_helper.from_array(np.concatenate([i, f, c, o, *rest], axis=1), tensor.name))


def one_flipped_sign(model: onnx.ModelProto) -> None:
    """The largest recurrent weight, negated."""
    tensor = _tensor(model, "lstm.0.forward.r")
    array = numpy_helper.to_array(tensor).copy()
    place = np.abs(array.astype(np.int32) if array.dtype == np.int8 else array).argmax()
    array.flat[place] = -array.flat[place]
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def off_by_one_length(model: onnx.ModelProto) -> None:
    """Every text one token shorter, where it has two or more."""
    _replace_lengths(
        model,
        [
            helper.make_node("Sub", ["lengths", "mutation.one"], ["mutation.less"]),
            helper.make_node("Max", ["mutation.less", "mutation.one"], ["mutation.lengths"]),
        ],
    )


def padding_in_the_pool(model: onnx.ModelProto) -> None:
    """Every length the padded one, so that the pool takes in what stands behind a text's end."""
    _replace_lengths(
        model,
        [
            helper.make_node("Shape", ["ids"], ["mutation.time"], start=1, end=2),
            helper.make_node("Shape", ["ids"], ["mutation.batch"], start=0, end=1),
            helper.make_node("Expand", ["mutation.time", "mutation.batch"], ["mutation.lengths"]),
        ],
    )


def _replace_lengths(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    graph = model.graph
    for node in graph.node:
        node.input[:] = ["mutation.lengths" if name == "lengths" else name for name in node.input]
    operators = [*nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(operators)
    graph.initializer.append(helper.make_tensor("mutation.one", TensorProto.INT64, [1], [1]))


def _tensor(model: onnx.ModelProto, name: str) -> TensorProto:
    return next(tensor for tensor in model.graph.initializer if tensor.name == name)


WEIGHT_MUTATIONS = [wrong_gate_order, one_flipped_sign]
OPERATOR_MUTATIONS = [off_by_one_length, padding_in_the_pool]
GRAPH_MUTATIONS = [*WEIGHT_MUTATIONS, *OPERATOR_MUTATIONS]


def swapped_words(files: Files) -> Files:
    """The first two words with each other's rows."""
    (word, row), (other, its_row), *rest = (line.split(b"\t") for line in files[LAYOUT.vocabulary].splitlines())
    lines = [word + b"\t" + its_row, other + b"\t" + row, *(b"\t".join(line) for line in rest)]
    return files | {LAYOUT.vocabulary: b"\n".join(lines) + b"\n"}


def other_end_kept(files: Files) -> Files:
    """Of a long text the other end."""
    manifest = json.loads(files[LAYOUT.manifest])
    manifest["text"]["keep"] = "first" if manifest["text"]["keep"] == "last" else "last"
    return files | {LAYOUT.manifest: json.dumps(manifest).encode()}


def one_word_less(files: Files) -> Files:
    """Texts cut one word earlier."""
    manifest = json.loads(files[LAYOUT.manifest])
    manifest["text"]["max_length"] -= 1
    return files | {LAYOUT.manifest: json.dumps(manifest).encode()}


def verify(path: Path, precision: str) -> int:
    return main(["verify", str(path), "--precision", precision, "--engine", "onnxruntime"])


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_unaltered_copy_passes(files: Files, tmp_path: Path, precision: str) -> None:
    assert verify(write(files, tmp_path / "copy"), precision) == 0


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("mutation", WEIGHT_MUTATIONS)
def test_verify_finds_an_altered_graph(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], mutation: Mutation, precision: str
) -> None:
    path = write(with_graph(files, precision, mutation), tmp_path / "broken")
    assert verify(path, precision) == 1
    error = capsys.readouterr().err
    assert f"{precision} on onnxruntime: max logit difference" in error
    assert "above" in error


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("mutation", OPERATOR_MUTATIONS)
def test_the_graph_contract_refuses_altered_operators_and_the_gate_finds_them(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], mutation: Mutation, precision: str
) -> None:
    altered = with_graph(files, precision, mutation)
    path = write(altered, tmp_path / "broken")
    assert verify(path, precision) == 2
    assert "which tallygate does not write" in capsys.readouterr().err
    bundle = open_bundle(path)
    engine = OnnxRuntimeEngine.unchecked(altered[LAYOUT.model(precision)], precision, {})
    report = check_parity(engine, bundle.tokenizer(), reference_from_goldens(bundle.goldens()))
    assert any("max logit difference" in failure and "above" in failure for failure in report.failures())


@pytest.mark.parametrize("mutation", [swapped_words, other_end_kept, one_word_less])
def test_verify_finds_another_tokenizer(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], mutation: Callable[[Files], Files]
) -> None:
    assert verify(write(mutation(files), tmp_path / "broken"), "int8") == 1
    assert "texts with other ids" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("mutation", GRAPH_MUTATIONS)
def test_verify_finds_an_altered_graph_of_the_shipped_bundle(
    shipped_files: Files, tmp_path: Path, mutation: Mutation
) -> None:
    default = next(iter(json.loads(shipped_files[LAYOUT.manifest])["variants"]))
    path = write(with_graph(shipped_files, default, mutation), tmp_path / "broken")
    assert verify(path, default) == (2 if mutation in OPERATOR_MUTATIONS else 1)
