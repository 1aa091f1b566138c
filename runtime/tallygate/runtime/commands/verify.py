"""``tallygate verify``: the parity gate again, here, on this machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command

if TYPE_CHECKING:
    from tallygate.runtime.bundle import Bundle
    from tallygate.runtime.engines import Engine
    from tallygate.runtime.parity_report import GateReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bundle", nargs="?", metavar="BUNDLE", help="directory or zip (default: the shipped IMDB bundle)"
    )
    parser.add_argument("--engine", default="auto", metavar="E", help="only this engine (default: all that are here)")
    parser.add_argument("--precision", metavar="P", help="only this variant (default: all of the bundle)")
    parser.add_argument("--json", action="store_true", help="print every check as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check every variant on every engine; 1 when a gate fails."""
    from tallygate.runtime.bundle import open_bundle
    from tallygate.runtime.parity import check_parity, reference_from_goldens

    bundle = open_bundle(arguments.bundle)
    tokenizer, goldens = bundle.tokenizer(), reference_from_goldens(bundle.goldens())
    engines = _engines(bundle, arguments.engine, arguments.precision)
    reports = [check_parity(engine, tokenizer, goldens) for engine in engines]
    sys.stdout.write(_json(bundle, reports) if arguments.json else _text(bundle, reports))
    for report in reports:
        for failure in report.failures():
            print(f"tallygate: {bundle.path}: {failure}", file=sys.stderr)
    return 0 if all(report.passed for report in reports) else 1


def _engines(bundle: Bundle, engine: str, precision: str | None) -> Iterator[Engine]:
    """Every pair of variant and engine that was asked for; ``auto`` asks for all that this machine can run."""
    from tallygate.runtime.engines import available_engines, create_engine

    if engine != "auto":
        names = [name for name, variant in bundle.manifest.variants.items() if engine in variant.engines]
        for name in [precision] if precision else names or [None]:
            yield create_engine(bundle, engine, name)
        return
    ...
