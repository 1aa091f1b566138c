"""The copies that this machine can run, and whether they agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tallygate.demo import copies as copies_module
from tallygate.demo.agreement import ask_every_copy, run_gates
from tallygate.demo.copies import Copies
from tallygate.demo.show.agreement import show_agreement, show_gates
from tallygate.runtime.bundle.reader import LAYOUT, open_bundle
from tallygate.runtime.errors import EngineUnavailableError, UsageError
from tests.runtime.conftest import ToyBundle, toy_model


def with_variant(path: Path, model: bytes) -> Copies:
    """The toy with a second variant, int8, that is ``model``."""
    toy = ToyBundle()
    toy.files[LAYOUT.model("int8")] = model
    variants = toy.manifest["variants"]
    assert isinstance(variants, dict)
    variants["int8"] = variants["fp32"] | {"file": LAYOUT.model("int8"), "precision": "int8"}
    toy.match_hashes()
    return Copies(open_bundle(toy.write_directory(path)))


def test_all_copies_are_named_and_the_first_is_the_best(copies: Copies) -> None:
    assert copies.names == ["fp32 on onnxruntime", "fp32 on numpy"]
    assert copies.find("auto") is copies.first
    with pytest.raises(UsageError, match="choose one of: auto, fp32 on onnxruntime"):
        copies.find("fp64 on abacus")


def test_a_machine_without_any_engine_is_told(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies_module, "available_engines", lambda: ["abacus"])
    with pytest.raises(EngineUnavailableError, match="numpy, onnxruntime"):
        Copies(copies.bundle)


def test_equal_copies_agree(copies: Copies) -> None:
    agreement = ask_every_copy(copies, ["good film", "", "very bad"])
    assert agreement.agree
    assert max(agreement.difference(answer) for answer in agreement.answers) < 1e-5
    assert "All 2 copies give the same label on all 3 texts" in show_agreement(agreement)


def test_a_copy_that_cannot_be_served_is_shown_beside_the_others(tmp_path: Path) -> None:
    copies = with_variant(tmp_path / "toy", toy_model(seed=9))
    agreement = ask_every_copy(copies, ["good film"])
    faults = {answer.copy.name: answer.fault for answer in agreement.answers if answer.fault}
    assert set(faults) == {"int8 on onnxruntime", "int8 on numpy"}
    assert not agreement.agree
    assert "off on a golden row" in show_agreement(agreement)
    verdicts = list(run_gates(copies))
    assert [copy.name for copy, _ in verdicts] == copies.names
    assert "off on a golden row" in show_gates(verdicts)


def test_a_copy_with_other_labels_is_named(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    other = copies.load(copies.all[1])
    monkeypatch.setattr(other, "logits", lambda rows: -5 * np.ones((len(rows), 1), np.float32))
    agreement = ask_every_copy(copies, ["good film", "very bad plot", "not good"])
    assert not agreement.agree
    assert "look at fp32 on numpy" in show_agreement(agreement)
