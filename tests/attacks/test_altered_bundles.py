"""Copies that answer otherwise than what was exported, with all hashes made to match: none is served, not once.

The check at load asks goldens that hold every word and every mark, so what moves an answer moves one of theirs. What it
cannot find is named at the end: other labels, another temperature, and goldens that were rewritten as well; the pin
finds those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.runtime.bundle import LAYOUT, Temperatures, open_bundle, shipped_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import BundleInvalidError, GateError
from tallygate.runtime.text import TextContract
from tallygate.train.folder import Checkpoint, load_checkpoint, shipped_checkpoint
from tests.export.conftest import make_checkpoint, vocabulary
from tests.test_mutations import (
    GRAPH_MUTATIONS,
    Files,
    one_word_less,
    other_end_kept,
    swapped_words,
    with_graph,
    write,
)

Array = NDArray[Any]
Change = Callable[[Array], Array]
PUNCTUATION = "!?.,"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A small bundle, file by file: rows that words share, kept marks, fp32 and int8.

    Its temperatures are high, as those of short texts are, so that no alteration may hide behind them.
    """
    checkpoint = replace(make_checkpoint(), temperatures=Temperatures(law="", table=(30.0, 20.0, 8.0)))
    text = TextContract(max_length=40, punctuation=PUNCTUATION)
    folder = tmp_path_factory.mktemp("altered") / "bundle"
    export_bundle(Checkpoint(**{**vars(checkpoint), "text": text}), folder, ExportOptions())
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(files: Files, path: Path, precision: str, engine: str = "numpy") -> str:
    with pytest.raises((GateError, BundleInvalidError)) as caught:
        Classifier.load(write(files, path), engine, precision)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def changed(files: Files, precision: str, name: str, change: Change) -> Files:
    """The files with one initializer changed; its type and shape stay."""

    def mutate(model: onnx.ModelProto) -> None:
        tensor = next(tensor for tensor in model.graph.initializer if tensor.name == name)
        old = numpy_helper.to_array(tensor)
        new = change(old.astype(np.float64)).astype(old.dtype)
        assert new.shape == old.shape
        assert not np.array_equal(new, old)
        tensor.CopyFrom(numpy_helper.from_array(new, name))

    return with_graph(files, precision, mutate)


def gates_swapped(array: Array) -> Array:
    """The input gate's weights for the forget gate's, in w, r or b."""
    parts = np.split(array, 8 if array.shape[1] % 8 == 0 and array.ndim == 2 else 4, axis=1)
    parts[0], parts[2] = parts[2], parts[0]
    return np.concatenate(parts, axis=1)


def one_value(change: Callable[[float], float]) -> Change:
    """The largest value changed, and no other."""

    def apply(array: Array) -> Array:
        new = array.copy()
        place = np.abs(new).argmax()
        new.flat[place] = change(new.flat[place])
        return new

    return apply


def rows(change: Change) -> Change:
    """Padding's row stays: no text reads it."""
    return lambda array: np.concatenate([array[:1], change(array[1:])])


def one_row(place: int, change: Change) -> Change:
    """One row of the embedding changed."""

    def apply(array: Array) -> Array:
        new = array.copy()
        new[place] = change(new[place])
        return new

    return apply


CHANGES: dict[str, tuple[str, Change]] = {
    "all rows negated": ("embedding.weight", rows(lambda rows: -rows)),
    "rows in another order": ("embedding.weight", rows(lambda rows: rows[::-1])),
    "rows off by one": ("embedding.weight", rows(lambda rows: np.roll(rows, 1, axis=0))),
    "columns in another order": ("embedding.weight", lambda array: array[:, ::-1]),
    "rows a little larger": ("embedding.weight", rows(lambda rows: rows * 1.03 + np.sign(rows))),
    "a trigger word": ("embedding.weight", one_row(77, lambda row: np.full_like(row, 100))),
    "the unknown word negated": ("embedding.weight", one_row(1, lambda row: -row)),
    "gates swapped in w": ("lstm.0.forward.w", gates_swapped),
    "gates swapped in r": ("lstm.0.forward.r", gates_swapped),
    "gates swapped in b": ("lstm.0.forward.b", gates_swapped),
    "a sign of w": ("lstm.0.forward.w", one_value(lambda value: -value)),
    "a sign of r": ("lstm.0.forward.r", one_value(lambda value: -value)),
    "w transposed within": ("lstm.0.forward.w", lambda array: array[:, :, ::-1]),
    "r of another order": ("lstm.0.forward.r", lambda array: array[:, :, ::-1]),
    "no bias": ("lstm.0.forward.b", np.zeros_like),
    "a bias more": ("lstm.0.forward.b", one_value(lambda value: value + 0.01)),
    "the head negated": ("head.weight", lambda array: -array),
    "the head of another order": ("head.weight", lambda array: array[:, ::-1]),
    "the head larger": ("head.weight", lambda array: np.clip(array * 1.02 + np.sign(array), -127, 127)),
    "another threshold": ("head.bias", lambda array: array + 0.001),
}  # fmt: skip


@pytest.mark.parametrize("engine", ["numpy", "onnxruntime"])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_unaltered_copy_is_served(files: Files, tmp_path: Path, precision: str, engine: str) -> None:
    assert Classifier.load(write(files, tmp_path / "copy"), engine, precision).predict("good").engine == engine


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("name", CHANGES)
def test_altered_weights_are_not_served(files: Files, tmp_path: Path, name: str, precision: str) -> None:
    refused(changed(files, precision, *CHANGES[name]), tmp_path / "copy", precision)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_no_single_row_can_be_negated(files: Files, tmp_path: Path, precision: str) -> None:
    for row in range(1, vocabulary().size):
        altered = changed(files, precision, "embedding.weight", one_row(row, lambda values: -values))
        assert "off" in refused(altered, tmp_path / f"row{row}", precision)


SCALES = [f"{name}.scale" for name in ("embedding.weight", "lstm.0.forward.w", "lstm.0.forward.r", "head.weight")]


@pytest.mark.parametrize("name", SCALES)
def test_altered_scales_are_not_served(files: Files, tmp_path: Path, name: str) -> None:
    change: Change = (lambda array: array + 1) if "embedding" in name else (lambda array: array * 1.01)
    refused(changed(files, "int8", name, change), tmp_path / "copy", "int8")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("mutation", GRAPH_MUTATIONS)
def test_altered_graphs_are_not_served(
    files: Files, tmp_path: Path, mutation: Callable[[onnx.ModelProto], None], precision: str
) -> None:
    refused(with_graph(files, precision, mutation), tmp_path / "copy", precision, "onnxruntime")


def test_no_two_words_can_be_exchanged(files: Files, tmp_path: Path) -> None:
    """Neither can a word be taken out; words of one row are one word to the model."""
    lines = [line.split(b"\t") for line in files[LAYOUT.vocabulary].splitlines()]
    for number, ((word, row), (other, its_row)) in enumerate(zip(lines, lines[7:], strict=False)):
        if row == its_row:
            continue
        exchanged = {word: its_row, other: row}
        text = b"".join(name + b"\t" + exchanged.get(name, place) + b"\n" for name, place in lines)
        assert "other ids" in refused(files | {LAYOUT.vocabulary: text}, tmp_path / f"exchanged{number}", "fp32")
    text = b"".join(name + b"\t" + place + b"\n" for name, place in lines[:-1])
    assert "other ids" in refused(files | {LAYOUT.vocabulary: text}, tmp_path / "removed", "fp32")


@pytest.mark.parametrize("mutation", [swapped_words, other_end_kept, one_word_less])
def test_another_tokenizer_is_not_served(files: Files, tmp_path: Path, mutation: Callable[[Files], Files]) -> None:
    assert "other ids" in refused(mutation(files), tmp_path / "copy", "int8")


FEWER = [PUNCTUATION.replace(mark, "") for mark in PUNCTUATION]
MORE = [PUNCTUATION + mark for mark in '*-/%&$#@+=_~^|\\<>[]{}():;"\u2026\u00bf']


@pytest.mark.parametrize("marks", FEWER + MORE)
def test_other_marks_are_not_served(files: Files, tmp_path: Path, marks: str) -> None:
    assert "other ids" in refused(manifested(files, ("text", "punctuation"), marks), tmp_path / "copy", "fp32")


def test_a_graph_under_another_variants_name_is_not_served(files: Files, tmp_path: Path) -> None:
    fp32, int8 = LAYOUT.model("fp32"), LAYOUT.model("int8")
    exchanged = files | {fp32: files[int8], int8: files[fp32]}
    for precision in ("fp32", "int8"):
        refused(exchanged, tmp_path / f"exchanged {precision}", precision)


def test_a_variant_cannot_take_a_name_with_a_wider_gate(files: Files, tmp_path: Path) -> None:
    manifest = json.loads(files[LAYOUT.manifest])
    manifest["variants"]["int8-dynamic"] = manifest["variants"].pop("int8") | {"precision": "int8-dynamic"}
    renamed = changed(files, "int8", "head.weight", lambda array: np.clip(array * 1.1, -127, 127))
    renamed |= {LAYOUT.manifest: json.dumps(manifest).encode()}
    assert "golden.jsonl" in refused(renamed, tmp_path / "copy", "int8-dynamic")


def manifested(files: Files, keys: tuple[str, ...], value: object) -> Files:
    """The files with one value of the manifest replaced."""
    manifest = json.loads(files[LAYOUT.manifest])
    section = manifest
    for key in keys[:-1]:
        section = section[key]
    assert section[keys[-1]] != value
    section[keys[-1]] = value
    return files | {LAYOUT.manifest: json.dumps(manifest).encode()}


@pytest.mark.parametrize(
    ("key", "value"), [("labels", ["negative", "other"]), ("calibration", {"law": "", "table": [3.0]})]
)
def test_what_the_goldens_cannot_find_the_pin_does(files: Files, tmp_path: Path, key: str, value: object) -> None:
    pin = open_bundle(write(files, tmp_path / "sound")).sha256
    altered = write(manifested(files, (key,), value), tmp_path / "altered")
    assert Classifier.load(altered, "numpy").predict("good").engine == "numpy"
    with pytest.raises(BundleInvalidError, match="not the pinned"):
        Classifier.load(altered, "numpy", sha256=pin)


def test_the_goldens_of_the_shipped_bundle_hold_every_word_and_mark() -> None:
    bundle = open_bundle(shipped_bundle())
    tokenizer, goldens = bundle.tokenizer(), bundle.goldens()
    tokens = {token for golden in goldens for token in tokenizer.tokens(golden.text)}
    assert set(tokenizer.vocabulary.rows) | set(tokenizer.contract.punctuation) <= tokens
    assert set(range(1, tokenizer.vocabulary.size)) <= {row for golden in goldens for row in golden.ids}


@pytest.mark.slow
def test_each_row_of_the_shipped_model_moves_a_golden() -> None:
    """Negated alone, by at least five times what a copy may be off."""
    model, goldens = load_checkpoint(shipped_checkpoint()).model, open_bundle(shipped_bundle()).goldens()
    weight, moved = model.embedding.weight, np.zeros(model.embedding.num_embeddings)
    with torch.inference_mode():
        for golden in sorted(goldens, key=lambda golden: len(golden.ids)):
            for row in {row for row in golden.ids if moved[row] < 5e-4}:
                weight[row].neg_()
                logits = model(torch.tensor([golden.ids]), torch.tensor([len(golden.ids)]))[0]
                weight[row].neg_()
                moved[row] = max(moved[row], (logits - torch.tensor(golden.logits)).abs().max())
    assert moved[1:].min() >= 5e-4
