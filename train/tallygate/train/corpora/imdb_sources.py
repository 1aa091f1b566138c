"""The forms in which the IMDB reviews come: the ``aclImdb/`` tree, the original archive, Parquet files."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import BadRow
from tallygate.train.corpora.parquet import parquet_columns, parquet_rows

ARCHIVE = "aclImdb_v1.tar.gz"
TREE = "aclImdb"
FOLDERS = ("train/neg", "train/pos", "train/unsup", "test/neg", "test/pos")
PARQUET_FILES = {"train.parquet": "train", "test.parquet": "test", "unsup.parquet": "train"}
LONGEST_REVIEW = 2**20
"""Bytes; the longest of the original has 14 thousand."""

_MEMBER = re.compile(r"(?:.*/)?((?:train|test)/(?:neg|pos|unsup))/(\d{1,9})_(\d{1,2})\.txt")


class Review(NamedTuple):
    """One review; in the order of their numbers, reviews of a folder have the same order in all forms."""

    number: int
    rating: int
    text: str


Reviews = dict[str, list[Review]]
"""Folder of the tree, as in :data:`FOLDERS` -> its reviews, by number."""


def read_reviews(place: Path) -> Reviews | None:
    """Read the reviews at ``place``, the tree, the archive, or a folder that holds either or the Parquet files.

    None when there are none. Raises :class:`InputError` when they are damaged.
    """
    for path, holds, read in (
        (place / TREE, _is_tree, _read_tree),
        (place, _is_tree, _read_tree),
        (place, _holds_parquet, _read_parquet),
        (place / ARCHIVE, Path.is_file, _read_archive),
        (place, _is_archive, _read_archive),
    ):
        if holds(path):
            return _by_folder(read(path))
    return None
