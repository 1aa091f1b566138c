"""The goldens: texts that cover the hard grid, with what PyTorch in float32 answers to each alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tallygate.export.references.coverage import covering_texts
from tallygate.export.references.ngram_cover import ngram_texts
from tallygate.export.references.salads import random_salads, telling_salads
from tallygate.export.references.texts import hard_texts, ordinary_texts
from tallygate.runtime.bundle import Golden
from tallygate.runtime.parity import MINIMUM_GOLDENS
from tallygate.runtime.text import Splitter, Tokenizer
from tallygate.train.folder import Checkpoint
from tallygate.train.network import LSTMClassifier

SEED = 0
RANDOM_SALADS = 48


def make_goldens(checkpoint: Checkpoint) -> list[Golden]:
    """At least ``MINIMUM_GOLDENS`` goldens; the same checkpoint gives the same ones."""
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    with one_thread():
        texts = golden_texts(checkpoint.model, tokenizer)
        return [_golden(checkpoint.model, text, tokenizer.encode(text)) for text in texts]


def golden_texts(model: LSTMClassifier, tokenizer: Tokenizer) -> list[str]:
    """Hard cases, ordinary texts of many lengths, salads of the model's own words; then every n-gram, word and mark."""
    splitter = Splitter(tokenizer.contract.punctuation, tokenizer.contract.version)
    texts = hard_texts() + ordinary_texts(SEED, tokenizer.contract.max_length, splitter)
    texts += telling_salads(model, tokenizer, SEED)
    texts += random_salads(tokenizer, SEED, max(RANDOM_SALADS, MINIMUM_GOLDENS - len(texts)))
    texts += [] if model.ngrams is None else ngram_texts(model.ngrams, tokenizer)
    return texts + covering_texts(model, tokenizer, SEED)


def with_answers(goldens: Sequence[Golden], answers: Mapping[str, NDArray[np.float32]]) -> list[Golden]:
    """The goldens with what variants answered, float32 [rows, outputs] by name, in digits that machines agree on."""
    return [
        msgspec.structs.replace(golden, variants={name: _decimals(found[place]) for name, found in answers.items()})
        for place, golden in enumerate(goldens)
    ]


def _decimals(logits: NDArray[np.float32]) -> list[float]:
    return [round(float(logit), 5) for logit in logits]


def goldens_to_jsonl(goldens: Sequence[Golden]) -> bytes:
    """``golden.jsonl``: one JSON object per line."""
    return msgspec.json.Encoder().encode_lines(goldens)


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums come out in one order, whatever the machine's number of cores; the settings from before are put back.

    PyTorch's threads and those of numpy's matrix products: a step of an LSTM is so little work that threads mostly wait
    for each other there, for minutes where other programs want the cores too.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(threads)


def _golden(model: LSTMClassifier, text: str, ids: list[int]) -> Golden:
    with torch.inference_mode():
        logits = model(torch.tensor([ids]), torch.tensor([len(ids)]))[0].numpy()
    # The shortest decimals that are these float32 numbers.
    return Golden(text, ids, [float(str(logit)) for logit in logits])
