"""All goldens are asked once per bundle, engine, machine and code; a failure is never remembered."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.runtime.bundle import LAYOUT, Parity, open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.engines import Engine, create_engine
from tallygate.runtime.errors import BundleInvalidError, GateError
from tallygate.runtime.parity import check_goldens, golden_answers, golden_check
from tallygate.runtime.parity.comparison import Comparison
from tallygate.runtime.parity.gate import flips_allowed, reference_from_bundle
from tests.runtime.conftest import ToyBundle, toy_model


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The precision of every engine that was asked its goldens."""
    names: list[str] = []
    real = golden_answers.ask_goldens
    spy = lambda bundle, tokenizer, engine: names.append(engine.name) or real(bundle, tokenizer, engine)  # noqa: E731
    monkeypatch.setattr(golden_answers, "ask_goldens", spy)
    return names


def test_they_are_asked_once_per_engine(toy_path: Path, asked: list[str]) -> None:
    for engine in ("numpy", "onnxruntime", "numpy", "onnxruntime"):
        Classifier.load(toy_path, engine)
    assert asked == ["numpy", "onnxruntime"]


def test_they_are_asked_again_of_another_bundle_and_in_another_cache(
    toy: ToyBundle, toy_path: Path, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Classifier.load(toy_path, "numpy")
    toy.manifest["temperature"] = 3.0
    Classifier.load(toy.write_zip(tmp_path / "other.zip"), "numpy")
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path / "empty"))
    Classifier.load(toy_path, "numpy")
    assert len(asked) == 3


@pytest.mark.parametrize("changed", ["processor", "_state_of_code", "unidata_version"])
def test_they_are_asked_again_on_another_machine_and_by_other_code(
    toy_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    Classifier.load(toy_path, "numpy")
    other = {"processor": lambda: ["other"], "_state_of_code": lambda: "other", "unidata_version": "0"}[changed]
    monkeypatch.setattr(golden_check, changed, other)
    Classifier.load(toy_path, "numpy")
    assert len(asked) == 2


def test_code_that_cannot_be_told_apart_is_asked_each_time(
    toy_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden_check, "_state_of_code", lambda: "")
    for _ in range(2):
        Classifier.load(toy_path, "numpy")
    assert len(asked) == 2


def test_an_update_is_other_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "parity" / "golden_check.py"
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "engine.py").write_text("a = 1\n")
    monkeypatch.setattr(golden_check, "__file__", str(file))
    before = golden_check._state_of_code()
    assert before == golden_check._state_of_code()
    os.utime(tmp_path / "engines" / "engine.py", ns=(1, 1))
    assert golden_check._state_of_code() != before


def test_a_failure_is_found_each_time(toy: ToyBundle, tmp_path: Path, asked: list[str]) -> None:
    toy.files[LAYOUT.model("fp32")] = toy_model(seed=1)
    toy.match_hashes()
    path = toy.write_directory(tmp_path / "toy")
    for _ in range(2):
        with pytest.raises(GateError, match="off on a golden row"):
            Classifier.load(path, "numpy")
    assert len(asked) == 2


class Broken:
    """An engine that answers as it is told."""

    precision, provider = "fp32", "numpy"

    def __init__(self, answer: float | Exception, name: str = "numpy") -> None:
        self.answer, self.name = answer, name

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return np.full((len(ids), 1), self.answer, np.float32)


def check(path: Path, engine: Engine, again: bool = False) -> None:
    bundle = open_bundle(path)
    check_goldens(bundle, bundle.tokenizer, engine, again)


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), float("-inf")])
def test_answers_that_are_not_finite_fail(toy_path: Path, answer: float) -> None:
    with pytest.raises(GateError, match="fp32 on numpy gives 4 logits that are not finite"):
        check(toy_path, Broken(answer))


@pytest.mark.parametrize(
    "error", [RuntimeError("a\nb"), MemoryError(), RecursionError(), IndexError(), KeyError("logits"), OSError("x")]
)
def test_an_engine_that_cannot_answer_is_one_line(toy_path: Path, error: Exception) -> None:
    with pytest.raises(BundleInvalidError, match="variant fp32") as caught:
        check(toy_path, Broken(error))
    assert "\n" not in str(caught.value)


def test_what_was_proved_is_asked_again_when_that_is_said(toy_path: Path) -> None:
    check(toy_path, create_engine(open_bundle(toy_path), "numpy"))
    check(toy_path, Broken(0.0))  # the same conditions: not asked
    with pytest.raises(GateError):
        check(toy_path, Broken(0.0), again=True)


@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_a_gpu_is_asked_each_time(toy_path: Path, asked: list[str], name: str) -> None:
    for _ in range(2):
        with pytest.raises(GateError):
            check(toy_path, Broken(0.0, name))
    assert asked == [name, name]


def test_drift_from_what_the_variant_answered_at_export_fails(toy: ToyBundle, tmp_path: Path) -> None:
    """Its gate against float32 is wide; against itself at export it is not."""
    model = LAYOUT.model("int8")
    toy.files[model] = toy.files.pop(LAYOUT.model("fp32"))
    toy.manifest["variants"] = {
        "int8": toy.manifest["variants"]["fp32"] | {"file": model, "precision": "int8"}  # type: ignore[index]
    }
    lines = toy.files[LAYOUT.goldens].replace(b"}\n", b', "variants": {"int8": [0.001]}}\n')
    toy.files[LAYOUT.goldens] = lines
    toy.match_hashes()
    with pytest.raises(GateError, match=r"int8 on numpy is .* off what it answered to a golden row at export"):
        Classifier.load(toy.write_directory(tmp_path / "toy"), "numpy")


@pytest.mark.parametrize(("rows", "at_export", "allowed"), [(300, 3, True), (300, 2, False), (200, 10**30, False)])
def test_flips_that_passed_at_export_pass_at_load(toy_path: Path, rows: int, at_export: int, allowed: bool) -> None:
    """Export compares more texts and so allows more flips, as many as its gate does; all of them may be goldens."""
    bundle = open_bundle(toy_path)
    parity = Parity(
        rows=rows, data="toy", max_logit_difference=1.0, label_flips=at_export, max_row_difference=0.0
    )  # fmt: skip
    variant = msgspec.structs.replace(bundle.manifest.variants["fp32"], parity={"onnxruntime": parity})
    bundle.manifest = msgspec.structs.replace(bundle.manifest, variants={"int8-dynamic": variant})
    reference = reference_from_bundle(bundle)
    flipped = Comparison(reference.logits, np.where([[True]] * 3 + [[False]], -reference.logits, reference.logits))
    assert flipped.flips.sum() == 3
    assert (flips_allowed("int8-dynamic", reference, flipped) >= 3) is allowed
