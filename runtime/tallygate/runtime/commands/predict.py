"""``tallygate predict``: texts from arguments, a file or standard input to labels."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import (
    add_bundle_options,
    add_engine_options,
    classifier_from,
    limit_numpy_threads,
    threshold_from,
)
from tallygate.runtime.errors import UsageError
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from tallygate.runtime.commands.predict_joining import Joining
    from tallygate.runtime.commands.predict_rows import BadRows
    from tallygate.runtime.records import Format, TextRow, Watcher


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("texts", nargs="*", metavar="TEXT", help="texts to classify; - reads lines from standard input, as they come")
    add("--file", metavar="F", help="texts from a file: lines, .csv, .tsv or .jsonl, also .gz; - is standard input")
    add("--column", metavar="C", help="column or key of the text in a .csv, .tsv or .jsonl file")
    add("--input-format", choices=["text", "csv", "tsv", "jsonl"], help="instead of the file's suffix")
    add("--encoding", default="utf-8", metavar="E", help="of the input, such as latin-1 or utf-16 (default: utf-8)")
    follow = "read one text from standard input as it comes, and print the running answer after each word"
    add("--follow", action="store_true", help=follow)
    add("--id-column", metavar="C", help="give each answer this column of its row, instead of its line")
    add("--keep-columns", metavar="C,...", help="give each answer these columns of its row, or all")
    add(
        "--skip-bad",
        action="store_true",
        help="go on after a row that cannot be read: it gets an error, and no label",
    )
    add_bundle_options(parser, positional=False)
    add_engine_options(parser)
    formats = "output (default: table on a terminal, else jsonl); csv has six decimals, jsonl all"
    add("--format", choices=["table", "jsonl", "csv"], help=formats)
    add("--raw-csv", action="store_true", help="no ' before what a spreadsheet would run as a formula")
    abstain = "no label for a score below P, from 0 to 1: null in jsonl, an empty cell in csv, (unsure) in a table"
    add("--abstain-below", metavar="P", default="0", help=abstain)


def run(arguments: argparse.Namespace) -> int:
    """Classify and print."""
    limit_numpy_threads(arguments.threads or 1)
    _check(arguments)
    abstain_below, joining = threshold_from(arguments.abstain_below), _joining(arguments)
    from tallygate.runtime.commands.predict_output import WRITERS, Output
    from tallygate.runtime.commands.predict_rows import BadRows, answer_rows
    from tallygate.runtime.commands.predict_watching import Watching

    classifier = classifier_from(arguments)
    if arguments.follow:
        from tallygate.runtime.commands.predict_follow import follow

        return follow(classifier, arguments.encoding, arguments.format, abstain_below)
    output = Output(sys.stdout, classifier, joining, errors=arguments.skip_bad, raw=arguments.raw_csv)
    writer = WRITERS[arguments.format or ("table" if sys.stdout.isatty() else "jsonl")](output)
    bad, watching = BadRows(), Watching(_named(arguments))
    rows = _rows(arguments, bad if arguments.skip_bad else None, watching)
    with watching:
        answer_rows(classifier, rows, writer, watching, abstain_below)
    bad.tell()
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.follow:
        _check_follow(arguments)
        return
    if arguments.file and arguments.texts:
        raise UsageError("predict", "got both texts and --file", "give one of them")
    if _named(arguments) is None and not arguments.texts:
        raise UsageError("predict", "got no text", "give a TEXT, --file F, or - for standard input")
    if arguments.raw_csv and arguments.format != "csv":
        raise UsageError("--raw-csv", "changes nothing but csv", "add --format csv")


def _check_follow(arguments: argparse.Namespace) -> None:
    if arguments.file or arguments.texts not in ([], ["-"]):
        raise UsageError("--follow", "reads standard input", "pipe the text in, and give no TEXT and no --file")
    options = ("column", "input_format", "id_column", "keep_columns", "skip_bad", "raw_csv")
    for option in options:
        if getattr(arguments, option) not in (None, False):
            raise UsageError(f"--{option.replace('_', '-')}", "is for rows", "leave it out, or --follow")


def _named(arguments: argparse.Namespace) -> str | None:
    """The file to read, ``-`` for standard input, None where the texts are arguments."""
    return arguments.file or ("-" if arguments.texts == ["-"] else None)


def _format(arguments: argparse.Namespace) -> Format:
    given: Format | None = arguments.input_format
    named = _named(arguments)
    if given is not None or named is None:
        return given or "text"
    from tallygate.runtime.records import format_from_name

    return format_from_name(named)


def _joining(arguments: argparse.Namespace) -> Joining:
    from tallygate.runtime.commands.predict_joining import Joining

    return Joining(
        with_lines=_named(arguments) is not None,
        id_column=arguments.id_column,
        keep=arguments.keep_columns,
        input_format=_format(arguments),
        output_format=arguments.format,
    )


def _rows(arguments: argparse.Namespace, bad: BadRows | None, watcher: Watcher) -> Iterator[TextRow]:
    from tallygate.runtime.records import TextRow

    named = _named(arguments)
    if named is None:
        return (TextRow(number, text, {"text": text}) for number, text in enumerate(arguments.texts, 1))
    from tallygate.runtime.records import read_text_rows

    return read_text_rows(
        sys.stdin.buffer if named == "-" else Path(named),
        name="standard input" if named == "-" else named,
        format=arguments.input_format,
        column=arguments.column,
        encoding=arguments.encoding,
        on_bad=bad,
        on_choice=notice,
        watcher=watcher,
    )


COMMAND = Command(
    "classify texts",
    add_arguments,
    run,
    examples=(
        'tallygate predict "A wonderful film"',
        "tallygate predict --file reviews.csv --column review --id-column id --format csv > answers.csv",
        "tail -f reviews.txt | tallygate predict --bundle reviews.zip -  # a text a line; --follow: one text by words",
    ),
)
