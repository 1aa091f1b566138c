"""Inside the cell: what is told of the gates follows from the equations."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.demo.cell import CellReading, Microscope
from tallygate.demo.copies import Copies
from tallygate.demo.reading import words_of
from tallygate.demo.show.cell import show_maps, show_memory, show_step, show_words
from tallygate.runtime.engines.plain.engine import Trace

Array = NDArray[np.float32]


def reading(backward: bool, words: int = 9, units: int = 5) -> CellReading:
    """Random gates, and the cell that they make."""
    rng = np.random.default_rng(3)
    forget, write, output = (rng.uniform(size=(words, units)).astype(np.float32) for _ in range(3))
    candidate = rng.uniform(-1, 1, (words, units)).astype(np.float32)
    cell, state = np.zeros((words, units), np.float32), np.zeros(units, np.float32)
    for t in reversed(range(words)) if backward else range(words):
        cell[t] = state = forget[t] * state + write[t] * candidate[t]
    trace = Trace(forget, write, candidate, output, cell, output * np.tanh(cell))
    return CellReading(trace, backward, rng.normal(size=units).astype(np.float32))


@pytest.mark.parametrize("backward", [False, True])
def test_what_was_kept_of_every_word_adds_up_to_the_last_cell(backward: bool) -> None:
    cell = reading(backward)
    last = cell.trace.cell[0 if backward else -1]
    np.testing.assert_allclose(cell.kept.sum(axis=0), last, atol=1e-6)
    assert cell.kept_shares.sum() == pytest.approx(1)
    assert cell.survival[0 if backward else -1] == pytest.approx(1)
    assert (cell.survival <= 1).all()


@pytest.mark.parametrize("backward", [False, True])
def test_the_cell_before_a_word_makes_the_cell_after_it(backward: bool) -> None:
    cell = reading(backward)
    np.testing.assert_allclose(cell.trace.forget * cell.previous + cell.written, cell.trace.cell, atol=1e-6)


def test_units_are_sorted_by_pull_or_by_the_word_that_they_respond_to() -> None:
    cell = reading(False)
    assert cell.pull is not None
    assert (np.diff(cell.pull[cell.order("pull")]) <= 0).all()
    assert (np.diff(cell.loudest[cell.order("response")]) >= 0).all()


def test_the_pulls_and_the_bias_add_up_to_the_logit(copies: Copies) -> None:
    microscope, classifier = Microscope(copies.bundle), copies.load(copies.first)
    ids = classifier.tokenizer.encode("very good plot not bad")
    view = next(iter(microscope.views))
    pull = microscope.look(ids, view, 0).pull
    assert pull is not None
    empty = classifier.logits([ids])[0, 0] - pull.sum()
    other = classifier.tokenizer.encode("bad film")
    pull = microscope.look(other, view, 0).pull
    assert pull is not None
    assert classifier.logits([other])[0, 0] - pull.sum() == pytest.approx(empty, abs=1e-4)


def test_every_picture_of_a_text_of_one_word_can_be_drawn(copies: Copies) -> None:
    microscope, tokenizer = Microscope(copies.bundle), copies.load(copies.first).tokenizer
    for text in ("", "good", "zorbly"):
        cell = microscope.look(tokenizer.encode(text), next(iter(microscope.views)), 0)
        words = words_of(text, tokenizer)
        pages = (
            show_words(cell, words, 0, text),
            show_step(cell, words, 0, "pull"),
            show_maps(cell, words, 0, "response"),
        )
        assert all(page and "nan" not in page.replace("data:", "") for page in pages[:2])
        assert "100.0%" in show_memory(cell, words, ["bad", "good"], 0)
