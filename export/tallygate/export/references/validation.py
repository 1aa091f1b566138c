"""Real texts as references for the gate, where they are at hand: what the checkpoint was chosen on, and where that is
little, some of what it was trained on.

A few dozen validation texts miss the one text whose logit is far off, so training texts are read too: a copy must
answer like the reference on any text, known to the model or not. They have no targets here: an accuracy on texts that
were learnt by heart is worth nothing.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.runtime.parity import Reference
from tallygate.runtime.text import Tokenizer
from tallygate.train.corpora import Corpus, Split
from tallygate.train.folder import Checkpoint
from tallygate.train.loop import encode
from tallygate.train.scores import evaluate

IMDB_VARIABLE = "TALLYGATE_IMDB"
ENOUGH_TEXTS = 2_000
"""Texts up to which training texts are added to those of validation."""


def load_texts(checkpoint: Checkpoint, data_dir: str | None = None) -> list[Reference]:
    """The validation split with the reference's logits, then training texts where it has fewer than ``ENOUGH_TEXTS``.

    Nothing where they are not on this machine, no validation where none was held out.

    Nothing is downloaded for it. With ``data_dir`` the data must be there: raises the errors of
    :func:`tallygate.train.corpora.load_corpus`, and :class:`InputError` when it has other labels than the checkpoint.
    """
    source = checkpoint.data
    if data_dir is not None:
        return _texts(checkpoint, msgspec.structs.replace(source, data_dir=data_dir).load())
    if source.data == "imdb" and not _imdb_is_here(source.data_dir):
        return []
    try:
        return _texts(checkpoint, source.load())
    except (InputNotFoundError, InputError):
        return []


def load_split(checkpoint: Checkpoint, name: Literal["validation", "test"], data_dir: str | None = None) -> Reference:
    """One split of the checkpoint's corpus with the reference's logits.

    Raises the errors of :func:`tallygate.train.corpora.load_corpus`, and :class:`InputError` when the corpus has no
    such split or other labels than the checkpoint.
    """
    source = checkpoint.data if data_dir is None else msgspec.structs.replace(checkpoint.data, data_dir=data_dir)
    corpus = source.load()
    split = corpus.test if name == "test" else corpus.validation
    if not split:
        raise InputError(corpus.name, f"has no {name} split", "choose another --split")
    return _reference(checkpoint, f"{corpus.name} {name}", split)


def _imdb_is_here(data_dir: str | None) -> bool:
    folder = data_dir or os.environ.get(IMDB_VARIABLE)
    return bool(folder) and Path(str(folder)).is_dir()


def _texts(checkpoint: Checkpoint, corpus: Corpus) -> list[Reference]:
    references = []
    if corpus.validation:
        references.append(_reference(checkpoint, f"{corpus.name} validation", corpus.validation))
    wanted = min(ENOUGH_TEXTS - len(corpus.validation), len(corpus.train))
    if wanted > 0:
        rows = np.random.default_rng(0).choice(len(corpus.train), wanted, replace=False)
        training = _reference(checkpoint, f"{corpus.name} training", corpus.train.take(sorted(rows.tolist())))
        references.append(replace(training, targets=None))
    return references


def _reference(checkpoint: Checkpoint, name: str, split: Split) -> Reference:
    places = {label: place for place, label in enumerate(checkpoint.labels)}
    if strange := sorted(set(split.labels) - set(places)):
        reason = f"has the label {strange[0]!r}, which the checkpoint does not know"
        raise InputError(f"data of {name}", reason, "name the data that it was trained on")
    targets = [places[label] for label in split.labels]
    rows = encode(split.texts, targets, Tokenizer(checkpoint.vocabulary, checkpoint.text))
    logits = evaluate(checkpoint.model, rows).numpy()
    return Reference(name, split.texts, logits, rows.rows, np.asarray(targets), row_ids=split.ids)
