"""The Large Movie Review Dataset (Maas et al. 2011): 25,000 + 25,000 labelled reviews and 50,000 without labels.

It is looked for in the folder that was named, in the one that ``TALLYGATE_IMDB`` names, in the user's cache, and is
else downloaded there. The ``aclImdb/`` tree, the original archive and Parquet files give the same corpus.
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import numpy as np

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.imdb_download import cache_folder, download_archive
from tallygate.train.corpora.imdb_sources import ARCHIVE, FOLDERS, TREE, Reviews, read_reviews
from tallygate.train.corpora.splitting import held_out_size, text_key, text_keys, without_overlaps

VARIABLE = "TALLYGATE_IMDB"
VALIDATION_SEED = 0
"""Of the one order in which training reviews are held out: validation figures of all runs can be compared."""
LABELS = {"neg": "negative", "pos": "positive"}
OFFICIAL_TEXTS = 25_000
"""Labelled reviews in each of the original's two splits."""


def imdb_corpus(folder: Path | None = None, validation: float | None = None) -> Corpus:
    """Load it. A tenth of the training reviews (2,500) is held out unless ``validation`` says how many, or which share.

    Raises :class:`InputNotFoundError` when it is not there and cannot be downloaded, :class:`InputError` when it is
    damaged.
    """
    reviews = _find_reviews(folder)
    for labelled in ("train/neg", "train/pos", "test/neg", "test/pos"):
        if not reviews[labelled]:
            raise InputError("IMDB", f"has no reviews in {labelled}", "unpack or copy the data again")
    train, test = _split(reviews, "train"), _split(reviews, "test")
    held_out = _validation_rows(train, test, validation)
    rest = train.take(sorted(set(range(len(train))).difference(held_out)))
    unlabeled = [review.text for review in reviews["train/unsup"]]
    splits = without_overlaps(rest, train.take(held_out), test, unlabeled)
    facts = {
        "source": "Large Movie Review Dataset, Maas et al. 2011",
        "complete": len(train) == len(test) == OFFICIAL_TEXTS,
        "splits": f"test as published, validation dealt out of train by seed {VALIDATION_SEED}",
        "left_out": splits.left_out,
    }
    return assemble(
        "imdb", train=splits.train, validation=splits.validation, test=test, unlabeled=splits.unlabeled, facts=facts
    )


def _find_reviews(folder: Path | None) -> Reviews:
    variable = os.environ.get(VARIABLE)
    if folder is not None:
        return _named_reviews(f"--data-dir {folder}", folder)
    if variable:
        return _named_reviews(f"{VARIABLE}={variable}", Path(variable))
    reviews = read_reviews(cache_folder())
    return _named_reviews("IMDB", download_archive()) if reviews is None else reviews


def _named_reviews(name: str, place: Path) -> Reviews:
    reviews = read_reviews(place)
    if reviews is None:
        reason = "holds no IMDB data" if place.exists() else "does not exist"
        mend = f"name the folder of {TREE}, of {ARCHIVE}, or of train.parquet and test.parquet"
        raise InputNotFoundError(name, reason, mend)
    return reviews


def _split(reviews: Reviews, name: str) -> Split:
    split = Split()
    for folder in FOLDERS:
        part, _, label = folder.partition("/")
        for review in reviews[folder] if part == name and label in LABELS else ():
            split.add(review.text, LABELS[label], f"{folder}/{review.number}_{review.rating}")
    return split


def _validation_rows(train: Split, test: Split, validation: float | None) -> list[int]:
    """The first so many rows of one fixed order that do not stand in the test, in the order of the data."""
    size = held_out_size("IMDB", len(train), validation)
    order = np.random.RandomState(VALIDATION_SEED).permutation(len(train)).tolist()
    test_keys = text_keys(test.texts)
    outside_test = (row for row in order if text_key(train.texts[row]) not in test_keys)
    return sorted(islice(outside_test, size))
