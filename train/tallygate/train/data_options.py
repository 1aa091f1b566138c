"""The options that say which texts a command works on; :class:`tallygate.train.data_source.DataSource` holds them."""

from __future__ import annotations

import argparse

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
