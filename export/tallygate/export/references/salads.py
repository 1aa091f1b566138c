"""Word salads for the goldens: random ids, and words that tell each label, picked by what the model says of them.

Ordinary sentences say nothing to a model of another domain; its own words always do.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.parity import Logits
from tallygate.runtime.prediction import label_indices
from tallygate.runtime.text import Tokenizer
from tallygate.train.loop import EncodedSplit
from tallygate.train.network import LSTMClassifier
from tallygate.train.scores import evaluate

LENGTHS = (1, 2, 3, 5, 8, 13, 21, 34)
"""Words per salad."""
CHOICES = (1, 3, 24)
"""Salads of a label take their words from so many of those that tell it best."""
LABELLED_SALADS = 96
"""Shared out among the labels, at least four to each."""


def random_salads(tokenizer: Tokenizer, seed: int, number: int) -> list[str]:
    """Texts of words drawn at random, so ids drawn at random."""
    random, words = Random(seed), _words(tokenizer)
    return [" ".join(random.choices(words, k=LENGTHS[n % len(LENGTHS)])) for n in range(number)]


def telling_salads(model: LSTMClassifier, tokenizer: Tokenizer, seed: int) -> list[str]:
    """For each label, texts that the model gives that label, as far as any can be found."""
    words = _words(tokenizer)
    leads = _leads(_logits(model, tokenizer, words))
    kept: list[str] = []
    for label in range(leads.shape[1]):
        best = [words[place] for place in np.argsort(-leads[:, label], kind="stable")[: max(CHOICES)]]
        candidates = _candidates(best, Random(f"{seed} {label}"))
        given = label_indices(_logits(model, tokenizer, candidates)) == label
        ranked = sorted(range(len(candidates)), key=lambda place: not given[place])
        kept += [candidates[place] for place in ranked[: max(4, LABELLED_SALADS // leads.shape[1])]]
    return kept


def _candidates(words: Sequence[str], random: Random) -> list[str]:
    rounds = [(choice, length) for _ in range(2) for choice in CHOICES for length in LENGTHS]
    salads = [" ".join(random.choices(words[:choice], k=length)) for choice, length in rounds]
    random.shuffle(salads)
    return salads


def _words(tokenizer: Tokenizer) -> list[str]:
    """One word per row of the vocabulary, by row."""
    by_row = {row: word for word, row in sorted(tokenizer.vocabulary.rows.items(), reverse=True)}
    return [by_row[row] for row in sorted(by_row)] or ["qzxv"]


def _logits(model: LSTMClassifier, tokenizer: Tokenizer, texts: Sequence[str]) -> Logits:
    rows = EncodedSplit([tokenizer.encode(text) for text in texts], np.zeros(len(texts), np.int64))
    return evaluate(model, rows).numpy()


def _leads(logits: Logits) -> NDArray[np.float32]:
    """[rows, outputs] -> [rows, labels]: how far each label is ahead of the best other one."""
    if logits.shape[1] == 1:
        return np.concatenate([-logits, logits], axis=1)
    others = np.stack([np.delete(logits, label, axis=1).max(axis=1) for label in range(logits.shape[1])], axis=1)
    lead: NDArray[np.float32] = logits - others
    return lead
