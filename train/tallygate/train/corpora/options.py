"""The options that say which texts a command works on; :class:`DataSource` of this room holds them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from tallygate.runtime.errors import UsageError

DATA_OPTIONS = (
    "data", "data_dir", "text_column", "label_column", "encoding", "unlabeled", "validation", "test", "skip_bad",
)  # fmt: skip


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """``DATA``, or ``--data``, and what belongs to it."""
    add = parser.add_argument
    data = "mini, imdb, a .csv, .tsv, .jsonl or .parquet file, or a folder (default: mini)"
    add("data_argument", nargs="?", metavar="DATA", help=data)
    add("--data", help="the same as an option")
    add("--data-dir", metavar="DIR", help="where the files of a built-in corpus are")
    add("--text-column", metavar="NAME", help="column that holds the text")
    add("--label-column", metavar="NAME", help="column that holds the label")
    add("--encoding", metavar="NAME", help="of all text files, such as latin-1 (default: utf-8)")
    add("--unlabeled", metavar="FILE", help="texts without labels, for what learns from words alone")
    held_out = "a file of labelled texts, or how many texts of DATA (500) or which share (0.2) is held out"
    none = "0 trains on all, keeps the last epoch and leaves scores as they are"
    validation = f"texts that choose the epoch and the temperature: {held_out}; {none} (default: a tenth)"
    add("--validation", type=number_or_file, metavar="N|FILE", help=validation)
    test = f"texts that are scored at the end: {held_out}; 0 for none (default: a tenth, if DATA is all there is)"
    add("--test", type=number_or_file, metavar="N|FILE", help=test)
    add("--skip-bad", action="store_true", help="leave out rows that cannot be read, and say how many")


def given_data(arguments: argparse.Namespace) -> str | None:
    """``DATA`` or ``--data``. Raises :class:`UsageError` for both."""
    if arguments.data is not None and arguments.data_argument is not None:
        reason = f"{arguments.data_argument} is given as DATA already"
        raise UsageError(f"--data {arguments.data}", reason, "give one of them")
    data: str | None = arguments.data_argument if arguments.data is None else arguments.data
    return data


def number_or_file(text: str) -> int | float | str:
    """``500`` is a number of texts, ``0.2`` a share of them, anything else the name of a file."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def check_numbers(given: Mapping[str, tuple[int | None, int]]) -> None:
    """Raise :class:`UsageError` for a number that was given and is below the least one, by the option's name."""
    for name, (value, least) in given.items():
        if value is not None and value < least:
            raise UsageError(f"--{name} {value}", f"must be at least {least}", "give another number")
