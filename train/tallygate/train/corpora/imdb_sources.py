"""The forms in which the IMDB reviews come: the ``aclImdb/`` tree, the original archive, Parquet files."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import BadRow
from tallygate.train.corpora.parquet import parquet_columns, parquet_rows

TREE, ARCHIVE = "aclImdb", "aclImdb_v1.tar.gz"
FOLDERS = ("train/neg", "train/pos", "train/unsup", "test/neg", "test/pos")
LONGEST_REVIEW = 2**20
"""Bytes; the longest of the original has 14 thousand."""

_FILE = re.compile(r"(\d{1,9})_(\d{1,2})\.txt")
_MEMBER = re.compile(rf"(?:\./)?{TREE}/({'|'.join(FOLDERS)})/({_FILE.pattern})")
_COLUMNS = ("id", "label", "rating", "text")
_LABELS = {"0": "neg", "1": "pos"}


class Review(NamedTuple):
    """One review; its file in the tree is ``NUMBER_RATING.txt``."""

    number: int
    rating: int
    text: str


Reviews = dict[str, list[Review]]
"""Every one of :data:`FOLDERS` -> its reviews by number, so that all forms give the same order."""

_Found = Iterator[tuple[str, Review]]


def read_reviews(place: Path) -> Reviews | None:
    """Read the reviews at ``place``: the tree, a folder that holds it, the archive or Parquet files, or an archive.

    None when there are none. Raises :class:`InputError` when they are damaged.
    """
    forms: list[tuple[Path, Callable[[Path], bool], Callable[[Path], _Found]]] = [
        (place, _is_tree, _from_tree),
        (place / TREE, _is_tree, _from_tree),
        (place, _has_parquet, _from_parquet),
        (place / ARCHIVE, _is_archive, _from_archive),
        (place, _is_archive, _from_archive),
    ]
    for path, is_there, read in forms:
        if is_there(path):
            reviews: Reviews = {folder: [] for folder in FOLDERS}
            for folder, review in read(path):
                reviews[folder].append(review)
            return {folder: sorted(found) for folder, found in reviews.items()}
    return None


def _is_tree(path: Path) -> bool:
    return (path / "train" / "pos").is_dir()


def _has_parquet(path: Path) -> bool:
    return (path / "train.parquet").is_file() and (path / "test.parquet").is_file()


def _is_archive(path: Path) -> bool:
    return path.name.endswith((".tar.gz", ".tgz")) and path.is_file()


def _from_tree(path: Path) -> _Found:
    for folder in FOLDERS:
        for file in (path / folder).iterdir() if (path / folder).is_dir() else ():
            if _FILE.fullmatch(file.name):
                yield folder, _review(str(file), file.name, file.read_bytes())


def _from_archive(path: Path) -> _Found:
    """Read the members as a stream: nothing is unpacked, and what is no plain file of the tree is passed over."""
    try:
        # `tarfile` itself passes over the end of a cut-off stream and over a wrong checksum; `gzip` does not.
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                # The list that `tarfile` keeps of all members would take as much memory as the texts.
                archive.members.clear()  # type: ignore[attr-defined]
                place = _MEMBER.fullmatch(member.name)
                file = archive.extractfile(member) if place and member.isreg() else None
                if place and file:
                    yield place[1], _review(f"{path}: {member.name}", place[2], file.read(LONGEST_REVIEW + 1))
            while stream.read(2**20):
                pass
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(path, f"is damaged ({error})", "download or copy it again") from error


def _review(name: str, file_name: str, data: bytes) -> Review:
    number, rating = file_name.removesuffix(".txt").split("_")
    if len(data) > LONGEST_REVIEW:
        raise InputError(name, f"is longer than {LONGEST_REVIEW:,} bytes", "it is no review of the original")
    try:
        return Review(int(number), int(rating), data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(name, "is not valid UTF-8", "unpack or copy the data again") from error


def _from_parquet(path: Path) -> _Found:
    for split in ("train", "test"):
        yield from _parquet_reviews(path / f"{split}.parquet", split, _COLUMNS)
    if (path / "unsup.parquet").is_file():
        yield from _parquet_reviews(path / "unsup.parquet", "train", ("id", "text"))


def _parquet_reviews(path: Path, split: str, columns: tuple[str, ...]) -> _Found:
    missing = set(columns).difference(parquet_columns(path))
    if missing:
        reason = f"has no column {min(missing)!r}"
        raise InputError(path, reason, f"give it the columns {', '.join(columns)}, or use it as --data {path.parent}")
    for row in parquet_rows(path, columns):
        values = {} if isinstance(row, BadRow) else row.values
        number, rating, text = values.get("id"), values.get("rating", 0), values.get("text")
        label = _LABELS.get(str(values["label"])) if "label" in values else "unsup"
        if not (isinstance(number, int) and isinstance(rating, int) and isinstance(text, str) and label):
            raise InputError(f"{path} row {row.line}", "is not a labelled review", "copy the file again")
        yield f"{split}/{label}", Review(number, rating, text)
