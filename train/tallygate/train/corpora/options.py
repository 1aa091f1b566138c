"""The options that say which texts a command works on; :class:`DataSource` of this room holds them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from tallygate.runtime.errors import UsageError

DATA_OPTIONS = ("data", "data_dir", "text_column", "label_column", "unlabeled", "validation", "skip_bad")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """``--data`` and what belongs to it."""
    add = parser.add_argument
    add("--data", help="mini, imdb, a .csv, .tsv, .jsonl or .parquet file, or a folder (default: mini)")
    add("--data-dir", metavar="DIR", help="where the files of a built-in corpus are")
    add("--text-column", metavar="NAME", help="column that holds the text")
    add("--label-column", metavar="NAME", help="column that holds the label")
    add("--unlabeled", metavar="FILE", help="texts without labels, for what learns from words alone")
    add("--validation", type=int, metavar="N", help="rows of the training data that are held out for choices")
    add("--skip-bad", action="store_true", help="leave out rows that cannot be read, and say how many")


def check_numbers(given: Mapping[str, tuple[int | None, int]]) -> None:
    """Raise :class:`UsageError` for a number that was given and is below the least one, by the option's name."""
    for name, (value, least) in given.items():
        if value is not None and value < least:
            raise UsageError(f"--{name} {value}", f"must be at least {least}", "give another number")
