"""The golden files that JavaScript reads too, under the same test names (``web/tests/shared_goldens.test.js``)."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest

from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.prediction import probabilities_from_logits
from tests.native.conftest import kernels
from tests.shared.make import FOLDER, MODELS, goldens

Shared = tuple[bytes, dict[str, Any]]


@pytest.fixture(params=MODELS)
def shared(request: pytest.FixtureRequest) -> Shared:
    """An image and its goldens."""
    image = (FOLDER / f"{request.param}.integer.bin").read_bytes()
    return image, json.loads((FOLDER / f"{request.param}.json").read_text("ascii"))


def test_goldens_are_what_the_specification_answers(shared: Shared) -> None:
    assert goldens(shared[0]) == shared[1]


@pytest.mark.parametrize("kernel", kernels())
def test_ids_are_equal(shared: Shared, kernel: str) -> None:
    engine = NativeEngine(shared[0], kernel)
    assert [engine.encode(row["text"]) for row in shared[1]["rows"]] == [row["ids"] for row in shared[1]["rows"]]


@pytest.mark.parametrize("kernel", kernels())
def test_logits_are_equal_to_the_last_bit(shared: Shared, kernel: str) -> None:
    logits, tokens = NativeEngine(shared[0], kernel).run_texts([row["text"] for row in shared[1]["rows"]])
    bits = [[struct.pack(">d", value).hex() for value in row] for row in logits]
    assert bits == [row["logits"] for row in shared[1]["rows"]]
    assert tokens.tolist() == [len(row["ids"]) for row in shared[1]["rows"]]


@pytest.mark.parametrize("kernel", kernels())
def test_scores_are_equal_to_1e_12(shared: Shared, kernel: str) -> None:
    engine = NativeEngine(shared[0], kernel)
    logits, tokens = engine.run_texts([row["text"] for row in shared[1]["rows"]])
    temperatures = engine.read().temperatures
    for row, logit, count in zip(shared[1]["rows"], logits, tokens.tolist(), strict=True):
        temperature = float(temperatures[min(count, len(temperatures)) - 1])
        scores = probabilities_from_logits(logit[None].astype(np.float32), temperature)[0]
        assert np.abs(scores - row["scores"]).max() <= 1e-12
