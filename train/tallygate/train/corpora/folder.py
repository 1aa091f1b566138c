"""A folder of labelled texts: a table per split, a folder of text files per label, or that within one per split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import BadRow
from tallygate.train.corpora.corpus import Split
from tallygate.train.corpora.table import SUFFIXES, TableReader

SPLIT_NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test",
    "unlabeled": "unlabeled", "unlabelled": "unlabeled", "unsup": "unlabeled",
}  # fmt: skip
"""Name of a table or folder, without suffix, in any case of letters -> the split that it holds."""


@dataclass(frozen=True)
class FolderTexts:
    """What a folder holds."""

    train: Split = field(default_factory=Split)
    validation: Split | None = None
    test: Split | None = None
    unlabeled: list[str] = field(default_factory=list)
    everything: Split | None = None
    """All of it, when the folder has no splits; the others are then empty."""


def read_folder(folder: Path, tables: TableReader) -> FolderTexts:
    """Read ``folder`` in whichever form it has. Raises :class:`InputError` when it has none, or a split twice."""
    files = _by_split(folder, [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES])
    folders = _by_split(folder, _folders_in(folder))
    if "train" in files:
        return _read_tables(files, tables)
    if "train" in folders:
        return _read_split_folders(folders, tables)
    everything = _read_labels(folder, folder, tables)
    if not everything.texts:
        forms = "a table train.csv (or .tsv, .jsonl, .parquet), a folder train, or a folder of .txt files per label"
        raise InputError(folder, "holds no labelled texts", f"give it {forms}")
    return FolderTexts(everything=everything)


def _by_split(folder: Path, paths: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in paths:
        split = SPLIT_NAMES.get(path.stem.lower())
        if split in found:
            raise InputError(folder, f"holds both {found[split].name} and {path.name}", "remove one of them")
        if split is not None:
            found[split] = path
    return found


def _read_tables(files: dict[str, Path], tables: TableReader) -> FolderTexts:
    unlabeled = files.pop("unlabeled", None)
    splits = {split: tables.labelled(path) for split, path in files.items()}
    return FolderTexts(**splits, unlabeled=tables.texts(unlabeled) if unlabeled else [])


def _read_split_folders(folders: dict[str, Path], tables: TableReader) -> FolderTexts:
    unlabeled_folders = [folders.pop("unlabeled")] if "unlabeled" in folders else []
    unlabeled_folders += [path for split in folders.values() for path in _folders_in(split) if _is_unlabeled(path)]
    splits = {split: _read_labels(folder, folder.parent, tables) for split, folder in folders.items()}
    for split, texts in splits.items():
        if not texts.texts:
            raise InputError(folders[split], "holds no texts", "give it a folder of .txt files per label")
    unlabeled = [text for folder in unlabeled_folders for _, text in _texts_in(folder, tables)]
    return FolderTexts(**splits, unlabeled=unlabeled)


def _read_labels(folder: Path, base: Path, tables: TableReader) -> Split:
    """One label per folder in ``folder``; ids are paths from ``base``."""
    split = Split()
    for label in _folders_in(folder):
        for path, text in () if _is_unlabeled(label) else _texts_in(label, tables):
            split.add(text, label.name, path.relative_to(base).as_posix())
    return split


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_unlabeled(folder: Path) -> bool:
    return SPLIT_NAMES.get(folder.name.lower()) == "unlabeled"


def _texts_in(folder: Path, tables: TableReader) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.glob("*.txt")):
        data = path.read_bytes()
        try:
            yield path, data.decode(tables.encoding).removeprefix("\ufeff")
        except UnicodeError as error:
            line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
            reason = f"is not valid {tables.encoding.upper()}"
            tables.bad.add(path, BadRow(line, reason, "re-save the file, or name its encoding with --encoding"))
