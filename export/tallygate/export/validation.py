"""The validation texts that a checkpoint was chosen on, as a reference for the gate, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.runtime.parity import Reference
from tallygate.runtime.text import Tokenizer
from tallygate.train.batching import encode
from tallygate.train.checkpoint import Checkpoint
from tallygate.train.corpora import Corpus
from tallygate.train.evaluation import evaluate

IMDB_VARIABLE = "TALLYGATE_IMDB"


def load_validation(checkpoint: Checkpoint, data_dir: str | None = None) -> Reference | None:
    """The validation split with the reference's logits, or ``None`` where it is not on this machine.

    Nothing is downloaded for it. With ``data_dir`` the data must be there: raises the errors of
    :func:`tallygate.train.corpora.load_corpus`, and :class:`InputError` when it has other labels than the checkpoint.
    """
    source = checkpoint.data
    if data_dir is not None:
        return _reference(checkpoint, msgspec.structs.replace(source, data_dir=data_dir).load())
    if source.data == "imdb" and not _imdb_is_here(source.data_dir):
        return None
    try:
        return _reference(checkpoint, source.load())
    except (InputNotFoundError, InputError):
        return None


def _imdb_is_here(data_dir: str | None) -> bool:
    folder = data_dir or os.environ.get(IMDB_VARIABLE)
    return bool(folder) and Path(str(folder)).is_dir()


def _reference(checkpoint: Checkpoint, corpus: Corpus) -> Reference | None:
    split, places = corpus.validation, {label: place for place, label in enumerate(checkpoint.labels)}
    if strange := sorted(set(split.labels) - set(places)):
        reason = f"has the label {strange[0]!r}, which the checkpoint does not know"
        raise InputError(f"validation data of {corpus.name}", reason, "name the data that it was trained on")
    if not split.texts:
        return None
    targets = [places[label] for label in split.labels]
    rows = encode(split.texts, targets, Tokenizer(checkpoint.vocabulary, checkpoint.text))
    logits = evaluate(checkpoint.model, rows).numpy()
    return Reference(f"{corpus.name} validation", split.texts, logits, rows.rows, np.asarray(targets))
