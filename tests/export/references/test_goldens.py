"""The goldens cover what they must, say what the model says, and come out the same again."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch

from tallygate.export.references import coverage
from tallygate.export.references.coverage import FELT, covering_texts, felt_rows
from tallygate.export.references.goldens import goldens_to_jsonl, make_goldens
from tallygate.runtime.parity.comparison import deviation
from tallygate.runtime.parity.gate import MINIMUM_GOLDENS, reference_from_goldens
from tallygate.runtime.prediction import label_indices
from tallygate.runtime.text.tokenizer import Tokenizer, split_words
from tallygate.runtime.text.vocabulary import UNKNOWN, Vocabulary
from tallygate.train.corpora import review_sentences
from tallygate.train.folder.checkpoint import Checkpoint

MakeCheckpoint = Callable[..., Checkpoint]


@pytest.mark.parametrize(("outputs", "max_length"), [(1, 600), (1, 1), (3, 40), (8, 7)])
def test_they_are_enough_and_every_label_is_given(checkpoint_of: MakeCheckpoint, outputs: int, max_length: int) -> None:
    goldens = make_goldens(checkpoint_of(outputs, max_length=max_length))
    reference = reference_from_goldens(goldens)
    assert len(goldens) >= MINIMUM_GOLDENS
    assert deviation(reference.logits) >= 1
    assert np.bincount(label_indices(reference.logits), minlength=max(2, outputs)).min() >= 3
    assert len(goldens_to_jsonl(goldens)) <= 150_000


def test_they_cover_the_hard_grid(checkpoint_of: MakeCheckpoint) -> None:
    goldens = make_goldens(checkpoint_of(max_length=100))
    lengths = {len(golden.ids) for golden in goldens}
    assert set(range(1, 25)) | {50, 99, 100} <= lengths
    assert max(len(split_words(golden.text)) for golden in goldens) > 100
    texts = {golden.text for golden in goldens}
    assert "" in texts
    assert any(golden.ids == [UNKNOWN] * len(golden.ids) and len(golden.ids) > 5 for golden in goldens)
    assert any("<br" in text for text in texts)
    assert any(ord(character) > 0xFFFF for text in texts for character in text)
    assert len({row for golden in goldens for row in golden.ids}) > 60


def test_they_hold_what_the_model_says_to_each_alone(checkpoint: Checkpoint) -> None:
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    for golden in make_goldens(checkpoint)[::7]:
        assert golden.ids == tokenizer.encode(golden.text)
        with torch.inference_mode():
            logits = checkpoint.model(torch.tensor([golden.ids]), torch.tensor([len(golden.ids)]))
        assert np.array(golden.logits, np.float32).tolist() == logits[0].tolist()


def test_they_come_out_the_same_again(checkpoint: Checkpoint) -> None:
    threads = torch.get_num_threads()
    assert goldens_to_jsonl(make_goldens(checkpoint)) == goldens_to_jsonl(make_goldens(checkpoint))
    assert torch.get_num_threads() == threads


def test_a_foreign_vocabulary_still_hears_every_label(checkpoint_of: MakeCheckpoint) -> None:
    checkpoint = checkpoint_of(4)
    known = {word for text, _ in zip(review_sentences(1), range(300), strict=False) for word in split_words(text)}
    rows = {f"vok{row}": row for row in range(2, checkpoint.vocabulary.size)}
    assert not known & set(rows)
    foreign = Checkpoint(**{**vars(checkpoint), "vocabulary": Vocabulary(rows, checkpoint.vocabulary.size)})
    labels = label_indices(reference_from_goldens(make_goldens(foreign)).logits)
    assert np.bincount(labels, minlength=4).min() >= 3


def test_a_vocabulary_without_words_makes_no_crash(checkpoint: Checkpoint) -> None:
    empty = Checkpoint(**{**vars(checkpoint), "vocabulary": Vocabulary({}, checkpoint.vocabulary.size)})
    assert len(make_goldens(empty)) >= MINIMUM_GOLDENS


@pytest.mark.parametrize(
    ("outputs", "architecture"),
    [(1, {}), (3, {"pooling": "max"}), (1, {"pooling": "mean", "bidirectional": True}), (8, {"layers": 2})],
)
def test_they_hold_every_word_and_feel_every_row(
    checkpoint_of: MakeCheckpoint, outputs: int, architecture: dict[str, object]
) -> None:
    checkpoint = checkpoint_of(outputs, **architecture)
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    texts = [golden.text for golden in make_goldens(checkpoint)]
    assert set(checkpoint.vocabulary.rows) <= {token for text in texts for token in tokenizer.tokens(text)}
    assert felt_rows(checkpoint.model, tokenizer, texts)[1:].min() >= FELT


def test_a_row_that_no_text_feels_stands_alone(checkpoint_of: MakeCheckpoint) -> None:
    """Far from the last state of a network that forgets at once, a word in a text moves nothing."""
    checkpoint = checkpoint_of()
    units = checkpoint.model.architecture.hidden_size
    forgetful = copy.deepcopy(checkpoint.model)
    with torch.no_grad():
        forgetful.lstm[0].forward_lstm.bias[units : 2 * units] = -50  # the forget gate
        forgetful.lstm[0].forward_lstm.weight_hh.zero_()
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    texts = covering_texts(forgetful, tokenizer, 0)
    alone = [text for text in texts if " " not in text]
    assert len(alone) > 50
    assert felt_rows(forgetful, tokenizer, texts)[2:].min() >= FELT


def test_many_labels_have_fewer_and_longer_texts(
    checkpoint_of: MakeCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "MAX_LOGITS", 80)
    checkpoint = checkpoint_of(8, max_length=400)
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    texts = covering_texts(checkpoint.model, tokenizer, 0)
    assert len(texts) * 8 <= 80
    assert set(checkpoint.vocabulary.rows) <= {token for text in texts for token in tokenizer.tokens(text)}
