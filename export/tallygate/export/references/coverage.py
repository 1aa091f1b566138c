"""Texts that together hold every word of the vocabulary and every kept mark, so every row of the embedding.

At load a copy is asked all goldens; a row that none of them touches could be altered without a sign, and so could two
words that are in none be exchanged.

To touch is not yet to feel: behind a maximum, or far from a last state, a word can stand in a text and move nothing. So
how far each row moves an answer is measured, and a row that no text feels gets a text of one word.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tallygate.runtime.batches import pad
from tallygate.runtime.bundle import MAX_LOGITS, parts_of, texts_of_all_words, words_per_text
from tallygate.runtime.text import Tokenizer
from tallygate.train.network import LSTMClassifier

FELT = 1e-3
"""What a row's contribution must move a logit by, to first order: ten times what a copy may be off."""
MAX_ALONE = 8_192
"""Texts of one word; a model that feels less of its words than that has rows that were never trained."""
_BATCH_SIZE = 64


def covering_texts(model: LSTMClassifier, tokenizer: Tokenizer, seed: int) -> list[str]:
    """Texts of all words and marks, then the words that no text feels, each alone."""
    rows, outputs = tokenizer.vocabulary.rows, model.architecture.outputs
    size = words_per_text(len(rows), outputs, tokenizer.contract.max_length, MAX_LOGITS)
    marks = [" ".join(part) for part in parts_of(tokenizer.contract.punctuation, size)]
    texts = [*texts_of_all_words(rows, size, seed=seed), *marks]
    felt = felt_rows(model, tokenizer, texts)
    one_of_row = {row: word for word, row in sorted(rows.items(), reverse=True)}
    alone = [word for row, word in sorted(one_of_row.items()) if felt[row] < FELT]
    return texts + alone[: min(MAX_ALONE, max(0, MAX_LOGITS // outputs - len(texts)))]


def felt_rows(model: LSTMClassifier, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float64]:
    """[rows] how far each row of the embedding moves the logits of a text, to first order, where it moves them most."""
    felt = np.zeros(tokenizer.vocabulary.size)
    for part in parts_of([tokenizer.encode(text) for text in texts], _BATCH_SIZE):
        batch = pad(part)
        valid = np.arange(batch.ids.shape[1]) < batch.lengths[:, None]
        moved = _moved(model, torch.from_numpy(batch.ids), torch.from_numpy(batch.lengths))
        np.maximum.at(felt, batch.ids[valid], moved[valid])
    return felt


def _moved(model: LSTMClassifier, ids: torch.Tensor, lengths: torch.Tensor) -> NDArray[np.float32]:
    """[batch, time]: each word's gradient times its row of the embedding."""
    shift = torch.zeros(*ids.shape, model.architecture.embedding_size, requires_grad=True)
    logits = model(ids, lengths, shift)
    # Several outputs at once, so weighted that what moves them against each other does not cancel out.
    weights = torch.linspace(1, 2, logits.shape[1]) * (-1) ** torch.arange(logits.shape[1])
    (gradient,) = torch.autograd.grad((logits * weights).sum(), shift)
    moved: NDArray[np.float32] = (gradient * model.embedding(ids).detach()).sum(dim=2).abs().numpy()
    return moved
