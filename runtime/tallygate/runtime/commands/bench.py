"""``tallygate bench``: what is fastest here, per engine and variant, beside the plain export and other peers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import (
    add_bundle_options,
    add_kernel_option,
    add_text_file_options,
    bundle_from,
    limit_numpy_threads,
    positive_int,
    texts_from,
)
from tallygate.runtime.terminal import notice, printable, printable_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallygate.runtime.bench.report import BenchReport
    from tallygate.runtime.bundle import Bundle

_TEXTS = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    add = parser.add_argument
    add("--engine", default="auto", metavar="E", help="only this engine (default: all that are here)")
    add("--precision", metavar="P", help="only this variant (default: all of the bundle)")
    add_kernel_option(parser)
    add("--threads", type=positive_int, metavar="N", help="threads of everybody (default: 1)")
    add("--file", metavar="F", help="texts to answer: lines, .csv, .tsv or .jsonl (default: made up, long as reviews)")
    add_text_file_options(parser, "--file")
    add("--texts", type=positive_int, default=_TEXTS, metavar="N", help=f"at most so many (default: {_TEXTS})")
    add("--rounds", type=positive_int, default=5, metavar="N", help="times that everything is measured (default: 5)")
    add("--cpu-time", action="store_true", help="count the processor's time: truer on a busy machine, for one thread")
    add("--no-peers", action="store_true", help="leave the plain export and other peers out")
    add("--no-processes", action="store_true", help="leave cold start and memory out")
    add("--autotune", action="store_true", help="keep what is best here, over threads and kernels too, for auto")
    add("--goal", choices=["throughput", "latency"], default="throughput", help="what --autotune looks for")
    add("--json", action="store_true", help="print everything as JSON")
    add("--picture", type=Path, metavar="F.png", help="draw accuracy against latency, with file size as area")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and with ``--autotune`` store."""
    limit_numpy_threads(arguments.threads or 1)
    from tallygate.runtime.bench.run import BenchOptions, run_bench
    from tallygate.runtime.engines import engine_of_kernel

    bundle = bundle_from(arguments)
    if arguments.picture:
        from tallygate.runtime.bench.picture import check_picture, draw_picture

        check_picture(bundle, arguments.picture)
    texts, described = _texts(arguments, bundle)
    options = BenchOptions(
        engine=engine_of_kernel(arguments.engine, arguments.kernel),
        precision=arguments.precision,
        kernels=_kernels(arguments),
        threads=_threads(arguments),
        rounds=arguments.rounds,
        cpu_time=arguments.cpu_time,
        peers=not arguments.no_peers,
        processes=not arguments.no_processes,
    )
    report = run_bench(bundle, texts, described, options, _say)
    if arguments.autotune:
        report = _tune(report, arguments.goal)
    if arguments.picture:
        draw_picture(report, arguments.picture)
    _print(report, arguments.json)
    return 0


def _texts(arguments: argparse.Namespace, bundle: Bundle) -> tuple[list[str], str]:
    if arguments.file is None:
        from tallygate.runtime.bench.texts import made_up_texts

        return made_up_texts(bundle.tokenizer().vocabulary, arguments.texts), "made up, as long as film reviews"
    from itertools import islice

    return list(islice(texts_from(arguments, arguments.file), arguments.texts)), arguments.file


def _threads(arguments: argparse.Namespace) -> Sequence[int]:
    if arguments.threads or not arguments.autotune:
        return (arguments.threads or 1,)
    from tallygate.runtime.machine import usable_cores

    return sorted({1, min(2, usable_cores()), usable_cores()})


def _kernels(arguments: argparse.Namespace) -> Sequence[str | None]:
    """The one that was named; to tune, all that are here; else the one that is taken without a name."""
    from tallygate.runtime.engines.integer import available_kernels

    if arguments.kernel is not None or not arguments.autotune:
        return (arguments.kernel,)
    return available_kernels() or (None,)


def _tune(report: BenchReport, goal: str) -> BenchReport:
    from msgspec.structs import replace

    from tallygate.runtime.machine import Settings, keep_settings

    best = report.best(goal)
    settings = Settings(
        engine=best.engine,
        precision=best.precision,
        threads=best.threads,
        batch_size=best.batch_size,
        kernel=best.provider if best.engine == "native" else None,
    )
    path = keep_settings(report.sha256, report.machine.key, settings)
    notice(f"{best.name}, batches of {best.batch_size}, kept in {path}")
    return replace(report, tuned=settings)


def _print(report: BenchReport, as_json: bool) -> None:
    from tallygate.runtime.bench.report import report_to_json, table_of_results

    if as_json:
        sys.stdout.write(printable_json(report_to_json(report).decode("utf-8")))
        return
    m = report.machine
    what = printable(f"{report.bundle}, {report.count} texts ({report.texts})")
    where = printable(f"{m.processor}, {m.cores} cores; Python {m.python}, onnxruntime {m.onnxruntime or 'absent'}")
    sys.stdout.write(f"{what}, rounds in turn: {report.rounds}, {report.clock} time\n{where}\n\n")
    sys.stdout.write(table_of_results(report.results) + "\n")
    if report.bare_import_s is not None:
        sys.stdout.write(f"\na bare import of numpy and onnxruntime in a new process: {report.bare_import_s:.2f} s\n")
    for name, reason in report.absent.items():
        sys.stdout.write(printable(f"{name} did not take part: {reason}") + "\n")


def _say(step: str) -> None:
    if sys.stderr.isatty():
        print(printable(f"bench: {step} ..."), file=sys.stderr)


COMMAND = Command(
    "measure latency, throughput, memory and cold start here",
    add_arguments,
    run,
    examples=(
        "tallygate bench",
        "tallygate bench reviews.zip --file new.csv --column review --no-peers",
        "tallygate bench reviews.zip --autotune",
    ),
)
