"""``tallygate predict``: texts from arguments, a file or standard input to labels."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, add_engine_options, limit_numpy_threads
from tallygate.runtime.errors import UsageError
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from tallygate.runtime.records import BadRow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="texts to classify; - reads lines from standard input")
    parser.add_argument(
        "--file", metavar="F", help="texts from a file: lines, .csv, .tsv or .jsonl; - is standard input"
    )
    parser.add_argument("--column", metavar="C", help="column or key of the text in a .csv, .tsv or .jsonl file")
    parser.add_argument("--input-format", choices=["text", "csv", "tsv", "jsonl"], help="instead of the file's suffix")
    parser.add_argument("--skip-bad", action="store_true", help="report rows that cannot be read, and go on")
    add_bundle_options(parser, positional=False)
    add_engine_options(parser)
    parser.add_argument(
        "--format", choices=["table", "jsonl", "csv"], help="output (default: table on a terminal, else jsonl)"
    )
    parser.add_argument(
        "--abstain-below",
        metavar="P",
        default="0",
        help="no label for a score below P, from 0 to 1: null in jsonl, an empty cell in csv, (none) in a table",
    )


def run(arguments: argparse.Namespace) -> int:
    """Classify and print."""
    limit_numpy_threads(arguments.threads or 1)
    from tallygate.runtime.classifier import Classifier
    from tallygate.runtime.commands.predict_output import WRITERS

    skipped: list[BadRow] = []
    abstain_below = _threshold(arguments.abstain_below)
    texts = _texts(arguments, skipped)
    classifier = Classifier.load(
        arguments.bundle,
        arguments.engine,
        arguments.precision,
        threads=arguments.threads,
        sha256=arguments.sha256,
        trust_plans=arguments.trust_plans,
    )
    output_format = arguments.format or ("table" if sys.stdout.isatty() else "jsonl")
    WRITERS[output_format](classifier, texts, sys.stdout, abstain_below)
    if skipped:
        rows = "1 row" if len(skipped) == 1 else f"{len(skipped)} rows"
        notice(f"{rows} could not be read and left out")
    return 0


def _threshold(given: str) -> float:
    """Read here and not by argparse, whose errors take more than a line."""
    from tallygate.runtime.prediction import check_threshold

    try:
        value = float(given)
    except ValueError:
        value = math.nan
    return check_threshold(value, f"--abstain-below {given}")


def _texts(arguments: argparse.Namespace, skipped: list[BadRow]) -> Iterator[str]:
    named = arguments.file or ("-" if arguments.texts == ["-"] else None)
    if arguments.file and arguments.texts:
        raise UsageError("predict", "got both texts and --file", "give one of them")
    if named is None and not arguments.texts:
        raise UsageError("predict", "got no text", "give a TEXT, --file F, or - for standard input")
    if named is None:
        return iter(arguments.texts)
    return _texts_of_file(named, arguments, skipped)


def _texts_of_file(named: str, arguments: argparse.Namespace, skipped: list[BadRow]) -> Iterator[str]:
    from tallygate.runtime.records import read_texts

    def report(bad: BadRow) -> None:
        skipped.append(bad)
        notice(f"line {bad.line} {bad.reason}; skipped")

    return read_texts(
        sys.stdin.buffer if named == "-" else Path(named),
        name="standard input" if named == "-" else named,
        format=arguments.input_format,
        column=arguments.column,
        on_bad=report if arguments.skip_bad else None,
    )


COMMAND = Command("classify texts", add_arguments, run)
