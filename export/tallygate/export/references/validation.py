"""The validation texts that a checkpoint was chosen on, as a reference for the gate, where they are at hand."""

from __future__ import annotations

import os
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


def load_validation(checkpoint: Checkpoint, data_dir: str | None = None) -> Reference | None:
    """The validation split with the reference's logits, or ``None`` where it is not on this machine.

    Nothing is downloaded for it. With ``data_dir`` the data must be there: raises the errors of
    :func:`tallygate.train.corpora.load_corpus`, and :class:`InputError` when it has other labels than the checkpoint.
    """
    source = checkpoint.data
    if data_dir is not None:
        return _validation(checkpoint, msgspec.structs.replace(source, data_dir=data_dir).load())
    if source.data == "imdb" and not _imdb_is_here(source.data_dir):
        return None
    try:
        return _validation(checkpoint, source.load())
    except (InputNotFoundError, InputError):
        return None


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


def _validation(checkpoint: Checkpoint, corpus: Corpus) -> Reference | None:
    return _reference(checkpoint, f"{corpus.name} validation", corpus.validation) if corpus.validation else None


def _reference(checkpoint: Checkpoint, name: str, split: Split) -> Reference:
    places = {label: place for place, label in enumerate(checkpoint.labels)}
    if strange := sorted(set(split.labels) - set(places)):
        reason = f"has the label {strange[0]!r}, which the checkpoint does not know"
        raise InputError(f"data of {name}", reason, "name the data that it was trained on")
    targets = [places[label] for label in split.labels]
    rows = encode(split.texts, targets, Tokenizer(checkpoint.vocabulary, checkpoint.text))
    logits = evaluate(checkpoint.model, rows).numpy()
    return Reference(name, split.texts, logits, rows.rows, np.asarray(targets), row_ids=split.ids)
