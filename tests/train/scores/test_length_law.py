"""The law of temperatures finds what spoiled the logits, by length, and bends no further than texts carry it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.train.loop import EncodedSplit
from tallygate.train.scores.crops import CROPS_PER_TEXT, MOST_TEXTS, crops_of
from tallygate.train.scores.length_law import HIGHEST, LOWEST, Answers, LengthLaw, fit_length_law


def answers(law: LengthLaw, rows: int, outputs: int = 1, seed: int = 0, longest: int = 400) -> Answers:
    """Honest logits, spoiled by the law."""
    rng = np.random.default_rng(seed)
    lengths = np.exp(rng.uniform(0, np.log(longest), rows)).astype(np.int64)
    honest = 2 * rng.normal(size=(rows, outputs))
    targets = _drawn(honest, rng)
    return Answers((honest * law.of(lengths)[:, None]).astype(np.float32), targets, lengths)


def _drawn(logits: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Labels by their probabilities (Gumbel 1954)."""
    both = np.concatenate([np.zeros_like(logits), logits], axis=1) if logits.shape[1] == 1 else logits
    targets: NDArray[np.int64] = (both + rng.gumbel(size=both.shape)).argmax(axis=1)
    return targets


@pytest.mark.parametrize("outputs", [1, 4])
@pytest.mark.parametrize(
    "law", [LengthLaw(40, 2.0, -0.5, 0.6), LengthLaw(1, 30.0, -0.6), LengthLaw(40, 3.0, 0.4)], ids=str
)
def test_it_finds_the_law_that_spoiled_the_logits(law: LengthLaw, outputs: int) -> None:
    found = fit_length_law(answers(law, 20_000, outputs), answers(law, 20_000, outputs, seed=1), law.hinge)
    lengths = np.array([1, 2, 5, 10, 20, 40, 80, 160, 400])
    np.testing.assert_allclose(found.of(lengths), law.of(lengths), rtol=0.15)
    assert found.at_hinge == pytest.approx(law.at_hinge, rel=0.08)


@pytest.mark.parametrize("hinge", [1, 40])
def test_it_bends_only_where_texts_carry_it(hinge: int) -> None:
    flat = LengthLaw(hinge, 1.7)
    many, few = answers(flat, 4_000), answers(LengthLaw(hinge, 1.7, -0.3), 12)
    assert (fit_length_law(many, many, hinge).above, fit_length_law(many, many, hinge).below) == (0.0, 0.0)
    assert fit_length_law(few, None, hinge).above == 0.0
    assert fit_length_law(many, None, hinge).temperatures(400).table == (pytest.approx(1.7, rel=0.1),)


def test_texts_without_a_mistake_and_without_sense_stay_in_bounds() -> None:
    lengths, targets = np.arange(1, 41), np.arange(40) % 2
    right = (2.0 * targets - 1)[:, None].astype(np.float32)
    for logits in (right, -right, 0 * right, 1e6 * right):
        law = fit_length_law(Answers(logits, targets, lengths), None, 10)
        values = law.of(np.arange(1, 2000))
        assert np.isfinite(values).all()
        assert values.min() >= LOWEST * 0.999
        assert values.max() <= HIGHEST * 1.001


def test_the_table_goes_as_far_as_texts_did_and_in_few_digits() -> None:
    law = LengthLaw(40, 2.0, -0.5, 0.6)
    found = law.temperatures(300)
    assert len(found.table) == 300
    assert found.table[39] == 2.0
    np.testing.assert_allclose(found.of([1, 7, 300, 9_999]), law.of(np.array([1, 7, 300, 300])), rtol=1e-6)
    assert all(len(repr(value)) <= 10 for value in found.table)
    assert found.law == "2 (max(n, 40) / 40)^-0.500 (min(n, 40) / 40)^0.600"
    assert LengthLaw(1, 30.0, -0.6).temperatures(5).law == "30 n^-0.600"
    assert LengthLaw(40, 1.5).temperatures(300).table == (1.5,)


def test_crops_are_parts_of_their_texts_with_their_labels() -> None:
    rows = [list(range(start, start + length)) for start, length in ((0, 1), (1_000, 40), (5_000, 400))]
    split = EncodedSplit(rows, np.array([0, 1, 2]))
    crops = crops_of(split)
    assert len(crops) == 3 * CROPS_PER_TEXT
    for row, target in zip(crops.rows, crops.targets, strict=True):
        whole = rows[target]
        place = whole.index(row[0])
        assert 1 <= len(row) <= len(whole)
        assert row == whole[place : place + len(row)]
    assert all(row[0] == rows[target][0] for row, target in zip(crops.rows[::2], crops.targets[::2], strict=True))
    assert crops_of(split).rows == crops.rows
    many = EncodedSplit([list(range(64))] * (MOST_TEXTS + 5), np.zeros(MOST_TEXTS + 5, np.int64))
    lengths = np.array([len(row) for row in crops_of(many).rows])
    assert len(lengths) == MOST_TEXTS * CROPS_PER_TEXT
    assert 0.4 < (lengths < 8).mean() < 0.6
