"""The n-gram part: what is counted is what the hash finds, weights say what texts do, and the mixture is fair."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.ngrams import HASH_BITS, hashes, slots_of
from tallygate.train.baselines import nb_svm_decision
from tallygate.train.network import Architecture, LSTMClassifier
from tallygate.train.presets import WidePreset
from tallygate.train.wide import (
    FEWEST_ROWS,
    Features,
    LinearNgrams,
    Mixture,
    fit_mixture,
    fit_ngrams,
    mixed_model,
    part_from_ngrams,
    perfect_hash,
)

WORDS = 30
ROWS = st.lists(st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=8), min_size=1, max_size=8)


def two_kinds(texts: int, seed: int = 0) -> tuple[list[list[int]], np.ndarray]:
    """Texts of random words; the label is whether 5 stands before 6 or after it, which words alone do not tell."""
    rng = np.random.default_rng(seed)
    rows, targets = [], rng.integers(0, 2, texts)
    for target in targets:
        row = rng.integers(7, WORDS, 9).tolist()
        place = int(rng.integers(0, 10))
        rows.append(row[:place] + ([5, 6] if target else [6, 5]) + row[place:])
    return rows, targets.astype(np.int64)


@settings(deadline=None, max_examples=40)
@given(ROWS, st.sampled_from([2, 3]), st.sampled_from([1, 2]))
def test_what_stands_in_texts_is_counted_exactly(rows: list[list[int]], longest: int, least: int) -> None:
    features = Features.of_texts(rows, WORDS, longest, least)
    found = features.presence(rows).toarray()
    closed = [[0, *row, 0] for row in rows]
    pairs = [{(*pair, WORDS)[:longest] for pair in pairwise(text)} for text in closed]
    triples = [{(b, c, a) for a, b, c in zip(t, t[1:], t[2:], strict=False)} for t in closed if longest == 3]
    sets = [one | two for one, two in zip(pairs, triples or [set()] * len(rows), strict=True)]
    every = set().union(*sets)
    kept = {ngram for ngram in every if sum(ngram in one for one in sets) >= least}
    columns = [tuple(column) for column in features.columns().T.tolist()]
    assert set(columns) == kept
    assert len(columns) == len(kept)
    for text, row in enumerate(rows):
        assert set(np.flatnonzero(found[text, :WORDS])) == set(row)
        assert {columns[place] for place in np.flatnonzero(found[text, WORDS:])} == sets[text] & kept


@pytest.mark.parametrize("count", [0, 1, 2, 9, 1000, 20_000])
@pytest.mark.parametrize("longest", [2, 3])
def test_every_ngram_has_a_slot_of_its_own(count: int, longest: int) -> None:
    rng = np.random.default_rng(count)
    columns = np.unique(rng.integers(0, 3000, (longest, 2 * count)), axis=1)[:, :count]
    found = perfect_hash(columns)
    hashed = hashes(columns, found.shape)
    np.testing.assert_array_equal(slots_of(hashed, found.displacements, found.shape), found.slots)
    assert len(set(found.slots.tolist())) == columns.shape[1]
    np.testing.assert_array_equal(found.fingerprints[found.slots], hashed[2] >> (HASH_BITS - 16))
    assert found.shape == perfect_hash(columns).shape
    assert count < 9 or found.shape.slots < 1.2 * count


def test_word_order_is_learnt_and_kept_in_codes() -> None:
    rows, targets = two_kinds(400)
    others, wanted = two_kinds(200, seed=1)
    ngrams = fit_ngrams(rows, targets, 2, WORDS, WidePreset(), 0)
    logits = ngrams.logits(others)
    assert ((logits[:, 0] > 0) == wanted).mean() > 0.95
    ids = torch.tensor(others)
    found = part_from_ngrams(ngrams)(ids, torch.full((200,), ids.shape[1])).numpy() + ngrams.intercepts
    largest = np.abs(ngrams.weights).max()
    # Each of at most 23 rows is off by half a code.
    np.testing.assert_allclose(found, logits, atol=23 * largest / 127 / 2)


def test_weights_are_those_of_an_nb_svm_up_to_one_factor() -> None:
    rows, targets = two_kinds(300)
    ngrams = fit_ngrams(rows, targets, 2, WORDS, WidePreset(), 0)
    weights, intercept = nb_svm_decision(ngrams.features.presence(rows), targets == 1, 0.1, 0)
    seen = ngrams.weights[:, 0] != 0
    factors = ngrams.weights[seen, 0] / weights[seen]
    np.testing.assert_allclose(factors, factors[0], rtol=1e-4)
    assert ngrams.intercepts[0] / intercept == pytest.approx(factors[0], rel=1e-4)
    assert not ngrams.weights[0].any()  # padding, though smoothing gives it a ratio


def test_fewer_rows_keep_those_that_tell_most() -> None:
    rows, targets = two_kinds(400)
    ngrams = fit_ngrams(rows, targets, 2, WORDS, WidePreset(rows=2), 0)
    assert sorted(map(tuple, ngrams.features.columns().T.tolist())) == [(5, 6), (6, 5)]


def test_a_label_that_no_text_has_is_never_given() -> None:
    rows, targets = two_kinds(100)
    ngrams = fit_ngrams(rows, targets, 3, WORDS, WidePreset(), 0)
    assert (ngrams.logits(rows).argmax(axis=1) < 2).all()


def test_the_mixture_trusts_who_is_right() -> None:
    rng = torch.Generator().manual_seed(0)
    targets = torch.randint(0, 2, (500,), generator=rng)
    right = (targets.float() * 2 - 1)[:, None] + torch.randn(500, 1, generator=rng)
    noise = torch.randn(500, 1, generator=rng)
    found = fit_mixture(right, noise, targets)
    assert found.lstm_share > 5 * found.ngram_share
    turned = fit_mixture(noise, right, targets)
    assert (turned.lstm_share, turned.ngram_share) == pytest.approx((found.ngram_share, found.lstm_share), rel=1e-2)
    few = FEWEST_ROWS - 1
    assert fit_mixture(right[:few], noise[:few], targets[:few]) == Mixture(0.5, 0.5)


@pytest.mark.parametrize("labels", [2, 4])
def test_the_mixed_model_is_the_mixture(labels: int) -> None:
    rows, targets = two_kinds(200)
    targets = targets + 2 * (np.arange(200) % 2) if labels == 4 else targets
    outputs = 1 if labels == 2 else labels
    torch.manual_seed(0)
    lstm = LSTMClassifier(Architecture(vocabulary_size=WORDS, embedding_size=4, hidden_size=5, outputs=outputs)).eval()
    ngrams: LinearNgrams = fit_ngrams(rows, targets, labels, WORDS, WidePreset(longest=3), 0)
    part, mixture = part_from_ngrams(ngrams), Mixture(0.3, 0.6)
    ids, lengths = torch.tensor(rows), torch.full((200,), 11)
    before = {name: value.clone() for name, value in part.state_dict().items()}
    with torch.inference_mode():
        found = mixed_model(lstm, ngrams, part, mixture)(ids, lengths)
        beside = part(ids, lengths) + torch.from_numpy(ngrams.intercepts)
        expected = 0.3 * lstm(ids, lengths) + 0.6 * beside
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in part.state_dict().items())
