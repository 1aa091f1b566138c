"""Corpora: labelled texts from the built-in corpora, a file, or a folder, dealt out to splits."""

from __future__ import annotations

from pathlib import Path

from tallygate.runtime.errors import InputError, InputNotFoundError, TallygateError, UsageError
from tallygate.runtime.records import checked_encoding
from tallygate.train.corpora.bad_rows import BadRows
from tallygate.train.corpora.corpus import Corpus, Split
from tallygate.train.corpora.imdb import imdb_corpus
from tallygate.train.corpora.mini import mini_corpus, review_sentences
from tallygate.train.corpora.splitting import HeldOut, with_unlabeled
from tallygate.train.corpora.table import SUFFIXES, TableReader
from tallygate.train.corpora.user_data import Asked, corpus_from_file, corpus_from_folder

__all__ = ["BUILT_IN", "Corpus", "Split", "load_corpus", "review_sentences"]

BUILT_IN = ("mini", "imdb")
"""Names that ``data`` may have; anything else is a path."""


def load_corpus(
    data: str,
    *,
    data_dir: str | Path | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    seed: int = 0,
    skip_bad: bool = False,
    encoding: str | None = None,
    validation: HeldOut = None,
    test: HeldOut = None,
    unlabeled: str | None = None,
) -> Corpus:
    """Load ``mini``, ``imdb``, a .csv, .tsv, .jsonl, .json or .parquet file, or a folder.

    A file is dealt out by ``seed``: a tenth each to validation and test, with each label in its share. A folder has
    ``train`` and perhaps ``validation`` and ``test``, as tables or as folders of one folder per label with .txt files,
    or has one such folder per label itself and is then dealt out like a file. ``validation`` and ``test`` are how many
    texts (int) or which share of them (float) is held out where the data has no such split, or a file (str) that holds
    it. Built-in corpora are split the same whatever the seed. Texts that stand in another split are left out of
    training. ``unlabeled`` is a file of such a kind with further texts that need no label. ``encoding`` is that of text
    files, UTF-8 where none is named.

    Raises :class:`InputNotFoundError` when the data is not there, :class:`InputError` when it cannot be used, with the
    line of a bad row unless ``skip_bad`` leaves those out, and :class:`UsageError` for options that do not fit it.
    """
    reader = TableReader(text_column, label_column, BadRows(skip_bad), checked_encoding(encoding or "utf-8"))
    try:
        corpus = _corpus(data, data_dir, reader, seed, Asked(validation, test))
        return corpus if unlabeled is None else with_unlabeled(corpus, _texts_of(Path(unlabeled), reader))
    except TallygateError:
        raise
    except OSError as error:
        raise InputNotFoundError(
            data, f"cannot be read ({error.strerror or error})", "check its permissions"
        ) from error


def _corpus(data: str, data_dir: str | Path | None, reader: TableReader, seed: int, asked: Asked) -> Corpus:
    if data_dir is not None and data != "imdb":
        raise UsageError(f"--data-dir {data_dir}", "is for --data imdb only", "leave it out")
    if data in BUILT_IN and (reader.text_column or reader.label_column):
        raise UsageError(
            f"--data {data}", "has no columns to choose from", "leave --text-column and --label-column out"
        )
    if data in BUILT_IN and reader.encoding != "utf-8":
        raise UsageError(f"--encoding {reader.encoding}", f"{data} is UTF-8", "leave it out")
    if data in BUILT_IN and asked.test is not None:
        raise UsageError(f"--test {asked.test}", f"{data} has a test split of its own", "leave it out")
    if data == "mini":
        if asked.validation is not None:
            raise UsageError(
                f"--validation {asked.validation}", "mini has a validation split of its own", "leave it out"
            )
        return mini_corpus()
    if data == "imdb":
        if isinstance(asked.validation, str):
            raise UsageError(
                f"--validation {asked.validation}", "is no number, and imdb has splits of its own", "give one"
            )
        return imdb_corpus(Path(data_dir) if data_dir is not None else None, asked.validation)
    return _corpus_from_path(Path(data), reader, seed, asked)


def _texts_of(path: Path, reader: TableReader) -> list[str]:
    if not path.is_file():
        raise InputNotFoundError(f"--unlabeled {path}", "is no file", "check the path")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(path, "is no table of texts", f"give one of {', '.join(SUFFIXES)}")
    return reader.texts(path)


def _corpus_from_path(path: Path, reader: TableReader, seed: int, asked: Asked) -> Corpus:
    if not path.exists():
        reason = f"is no file or folder, nor one of {', '.join(BUILT_IN)}"
        raise InputNotFoundError(path, reason, "check the path")
    if path.is_dir():
        return corpus_from_folder(path, reader, seed, asked)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(path, "is no table of labelled texts", f"give one of {', '.join(SUFFIXES)}, or a folder")
    return corpus_from_file(path, reader, seed, asked)
