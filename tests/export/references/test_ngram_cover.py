"""Goldens of a model with n-grams hold its n-grams: a copy without any one of them answers otherwise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from tallygate.export.references import ngram_cover
from tallygate.export.references.ngram_cover import ngram_texts
from tallygate.runtime.batches import pad
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary
from tallygate.train.network import NgramPart
from tallygate.train.presets import WidePreset
from tallygate.train.wide import fit_ngrams, part_from_ngrams

WORDS = [f"w{number}" for number in range(28)]
TOKENIZER = Tokenizer(Vocabulary({word: row for row, word in enumerate(WORDS, 2)}, 30), TextContract(max_length=40))


def part(longest: int) -> NgramPart:
    rng = np.random.default_rng(0)
    rows = [rng.integers(1, 30, rng.integers(1, 9)).tolist() for _ in range(200)]
    ngrams = fit_ngrams(rows, rng.integers(0, 2, 200), 2, 30, WidePreset(longest=longest, least_texts=1), 0)
    return part_from_ngrams(ngrams)


@pytest.mark.parametrize("longest", [2, 3])
def test_every_ngram_stands_in_a_text(longest: int) -> None:
    beside = part(longest)
    assert len(beside.ngrams()) > 300
    texts = ngram_texts(beside, TOKENIZER)
    closed = [(0, *TOKENIZER.encode(text), 0) for text in texts]
    held = {text[at : at + size] for text in closed for size in (2, 3) for at in range(len(text) - size + 1)}
    assert set(beside.ngrams()) <= held
    assert max(map(len, closed)) <= 16 + 2
    assert len(texts) < len(beside.ngrams()) / 2


def test_each_row_of_an_ngram_is_felt() -> None:
    beside = part(2)
    batch = pad([TOKENIZER.encode(text) for text in ngram_texts(beside, TOKENIZER)])
    ids, lengths = torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths)
    before = beside(ids, lengths)
    for row in np.flatnonzero(beside.codes[30:].any(dim=1).numpy())[:50] + 30:
        code = beside.codes[row].clone()
        beside.codes[row] = 0
        assert not torch.equal(beside(ids, lengths), before)
        beside.codes[row] = code


def test_of_too_many_the_strongest_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = part(2)
    monkeypatch.setattr(ngram_cover, "MOST_NGRAMS", 20)
    few = ngram_texts(beside, TOKENIZER)
    closed = [(0, *TOKENIZER.encode(text), 0) for text in few]
    held = {pair for text in closed for pair in pairwise(text)}
    assert set(beside.ngrams()[:20]) <= held
    assert sum(map(len, closed)) < 20 * 4
    monkeypatch.setattr(ngram_cover, "MAX_LOGITS", 2)
    assert len(ngram_texts(beside, TOKENIZER)) == 2
