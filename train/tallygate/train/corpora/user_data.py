"""Corpora from a user's file or folder: read, dealt out to splits where it has none, overlaps left out."""

from __future__ import annotations

from pathlib import Path

from tallygate.runtime.errors import UsageError
from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.folder import read_folder
from tallygate.train.corpora.splitting import deal, without_overlaps
from tallygate.train.corpora.table import TableReader


def corpus_from_file(path: Path, reader: TableReader, seed: int, validation: float | None) -> Corpus:
    """Read a table and deal it out."""
    return _corpus_without_splits(path, reader.labelled(path), reader, seed, validation)


def corpus_from_folder(path: Path, reader: TableReader, seed: int, validation: float | None) -> Corpus:
    """Read a folder. Its own splits are kept; a missing validation split is dealt out of the training split."""
    found = read_folder(path, reader)
    if found.everything is not None:
        return _corpus_without_splits(path, found.everything, reader, seed, validation)
    if found.validation is not None and validation is not None:
        raise UsageError(f"--validation {validation}", f"{path} has a validation split of its own", "leave it out")
    how = "as they were given"
    splits = without_overlaps(found.train, found.validation or Split(), found.test, found.unlabeled)
    train, held_out = splits.train, splits.validation
    if found.validation is None:
        dealt = deal(train, name=str(path), seed=seed, validation=validation, test=False)
        train, held_out = dealt.train, dealt.validation
        how = f"as they were given, validation dealt out of train by seed {seed}"
    facts = _facts(path, how, reader) | {"left_out": splits.left_out}
    return assemble(
        path.stem, train=train, validation=held_out, test=found.test, unlabeled=splits.unlabeled, facts=facts
    )


def _corpus_without_splits(path: Path, rows: Split, reader: TableReader, seed: int, validation: float | None) -> Corpus:
    dealt = deal(rows, name=str(path), seed=seed, validation=validation, test=True)
    facts = _facts(path, f"dealt out by seed {seed}, each label in its share, equal texts together", reader)
    return assemble(path.stem, train=dealt.train, validation=dealt.validation, test=dealt.test, facts=facts)


def _facts(path: Path, how: str, reader: TableReader) -> dict[str, object]:
    return {"source": path.name, "splits": how, "skipped": reader.bad.facts()}
