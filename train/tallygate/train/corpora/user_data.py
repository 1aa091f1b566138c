"""Corpora from a user's file or folder: read, dealt out to splits where it has none, overlaps left out.

A split is what was named for it, else what the data has of it, else dealt out of the training texts: validation always,
since something has to choose the epoch, a test only of data that has no splits at all. A number of texts that was asked
for is dealt out in any case, and 0 keeps all of them in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tallygate.runtime.errors import InputError, InputNotFoundError, UsageError
from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.folder import FolderTexts, read_folder
from tallygate.train.corpora.splitting import Dealt, HeldOut, deal, without_overlaps
from tallygate.train.corpora.table import SUFFIXES, TableReader

_NAMES = ("validation", "test")


@dataclass(frozen=True)
class Asked:
    """What is held out, as it was asked for."""

    validation: HeldOut = None
    test: HeldOut = None

    def size(self, name: str) -> float | None:
        """A number or share of texts; None where a file was named, or nothing."""
        value: HeldOut = getattr(self, name)
        return None if isinstance(value, str) else value


def corpus_from_file(path: Path, reader: TableReader, seed: int, asked: Asked) -> Corpus:
    """Read a table and deal it out."""
    return _corpus(path, FolderTexts(everything=reader.labelled(path)), reader, seed, asked)


def corpus_from_folder(path: Path, reader: TableReader, seed: int, asked: Asked) -> Corpus:
    """Read a folder. Its own splits are kept; a missing validation split is dealt out of the training split."""
    return _corpus(path, read_folder(path, reader), reader, seed, asked)


def _corpus(path: Path, found: FolderTexts, reader: TableReader, seed: int, asked: Asked) -> Corpus:
    given = _with_named_files(path, found, reader, asked)
    whole = found.everything is not None and given.validation is None and given.test is None
    splits = without_overlaps(given.train, given.validation or Split(), given.test, given.unlabeled)
    sizes = {
        "validation": 0 if given.validation is not None else asked.size("validation"),
        "test": 0 if given.test is not None or (not whole and asked.test is None) else asked.size("test"),
    }
    dealt = deal(splits.train, name=str(path), seed=seed, **sizes)
    facts = {"source": path.name, "splits": _how(given, dealt, seed), "skipped": reader.bad.facts()}
    return assemble(
        path.stem,
        train=dealt.train,
        validation=splits.validation if given.validation is not None else dealt.validation,
        test=given.test if given.test is not None else dealt.test or None,
        unlabeled=splits.unlabeled,
        facts=facts if whole else facts | {"left_out": splits.left_out},
    )


def _with_named_files(path: Path, found: FolderTexts, reader: TableReader, asked: Asked) -> FolderTexts:
    """With the files that were asked for as its splits; all that has no splits is trained on, for now."""
    named: dict[str, Split | None] = {name: getattr(found, name) for name in _NAMES}
    for name in _NAMES:
        value: HeldOut = getattr(asked, name)
        if value is not None and getattr(found, name) is not None:
            raise UsageError(f"--{name} {value}", f"{path} has a {name} split of its own", "leave it out")
        if isinstance(value, str):
            named[name] = _labelled(f"--{name} {value}", Path(value), reader)
    train = found.train if found.everything is None else found.everything
    return FolderTexts(train, named["validation"], named["test"], found.unlabeled)


def _labelled(option: str, path: Path, reader: TableReader) -> Split:
    if not path.is_file():
        raise InputNotFoundError(option, "is no file and no number", "check the path")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(option, "is no table of labelled texts", f"give one of {', '.join(SUFFIXES)}")
    return reader.labelled(path)


def _how(given: FolderTexts, dealt: Dealt, seed: int) -> str:
    """How the splits were made, for people."""
    drawn = [name for name in _NAMES if len(getattr(dealt, name))]
    if given.validation is None and given.test is None and len(drawn) == 2:
        return f"dealt out by seed {seed}, each label in its share, equal texts together"
    return ", ".join(
        ["as they were given", *([f"{' and '.join(drawn)} dealt out of train by seed {seed}"] if drawn else [])]
    )
