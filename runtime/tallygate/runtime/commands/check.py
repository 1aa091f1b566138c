"""``tallygate check``: what a model does with the cases of a behavioural suite."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import (
    add_bundle_options,
    add_engine_options,
    classifier_from,
    limit_numpy_threads,
)
from tallygate.runtime.terminal import notice, printable, printable_json, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallygate.runtime.suite import Count, Outcome

_TEXT, _CELL = 70, 40
"""Characters of a text, and of any other cell, in a table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    add = parser.add_argument
    add("--suite", action="append", required=True, metavar="F.jsonl", help="cases, one per line; can be repeated")
    bound = "exit with 1 if more cases fail, of CAPABILITY or of all; can be repeated"
    add("--at-most", action="append", default=[], metavar="[CAPABILITY=]N", help=bound)
    add("--cases", choices=["failed", "all"], help="tell these cases, text by text, instead of counts by capability")
    add_engine_options(parser)
    add("--format", choices=["table", "jsonl", "csv"], help="output (default: table on a terminal, else jsonl)")


def run(arguments: argparse.Namespace) -> int:
    """Ask, count and print; 1 where a bound is passed."""
    limit_numpy_threads(arguments.threads or 1)
    from tallygate.runtime.suite import bound_from_text, broken_bounds, check_bounds, check_cases, counts_of, read_suite

    bounds = [bound_from_text(given) for given in arguments.at_most]
    classifier = classifier_from(arguments)
    cases = [case for suite in arguments.suite for case in read_suite(Path(suite), classifier.labels)]
    check_bounds(bounds, [placed.case.capability for placed in cases])
    outcomes = check_cases(cases, classifier.predict)
    counts = counts_of(outcomes)
    output = arguments.format or ("table" if sys.stdout.isatty() else "jsonl")
    if arguments.cases is None:
        _write(sys.stdout, output, [_count_row(count) for count in counts])
    else:
        shown = [outcome for outcome in outcomes if outcome.failed or arguments.cases == "all"]
        _write(sys.stdout, output, [row for outcome in shown for row in _case_rows(outcome)])
    broken = broken_bounds(bounds, counts)
    for line in broken:
        notice(f"{classifier.bundle.path}: {line}")
    return 1 if broken else 0


def _count_row(count: Count) -> dict[str, object]:
    return {
        "capability": count.capability,
        "kinds": count.kinds,
        "cases": count.cases,
        "failed": count.failed,
        "share": round(count.share, 6),
        "sure": count.sure,
    }


def _case_rows(outcome: Outcome) -> list[dict[str, object]]:
    """One per text of the case."""
    placed, case = outcome.placed, outcome.placed.case
    facts = {"suite": placed.suite, "line": placed.line, "capability": case.capability, "expected": case.expected}
    verdict = "failed" if outcome.failed else "passed"
    return [
        {**facts, "verdict": verdict, "label": p.likeliest, "score": round(p.score, 6), "text": text}
        for text, p in zip(case.texts, outcome.predictions, strict=True)
    ]


def _write(out: TextIO, output: str, rows: Sequence[dict[str, object]]) -> None:
    if output == "jsonl":
        import msgspec

        for row in rows:
            out.write(printable_json(msgspec.json.encode(row).decode("utf-8")) + "\n")
    elif output == "csv":
        from tallygate.runtime.records import SheetWriter

        sheet, shown = SheetWriter(out), out.isatty()
        for header in rows[:1]:
            sheet.row(header)
        for row in rows:
            sheet.row([printable(cell) if shown and isinstance(cell, str) else cell for cell in row.values()])
    elif rows:
        lines = [[_shown(name, value) for name, value in row.items()] for row in rows]
        align = ["right" if isinstance(value, (int, float)) else "left" for value in rows[0].values()]
        out.write(table(lines, list(rows[0]), align=align) + "\n")


def _shown(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1%}"
    if isinstance(value, int):
        return f"{value:,}"
    line, most = printable(value), _TEXT if name == "text" else _CELL
    return line if len(line) <= most else f"{line[: most - 1]}…"


COMMAND = Command(
    "ask a behavioural suite, and count failures by capability",
    add_arguments,
    run,
    examples=(
        "tallygate check reviews.zip --suite cases.jsonl",
        "tallygate check reviews.zip --suite cases.jsonl --at-most 12 --at-most negation=3",
        "tallygate check reviews.zip --suite cases.jsonl --cases failed --format csv > failed.csv",
    ),
)
