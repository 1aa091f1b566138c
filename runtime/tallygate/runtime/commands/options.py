"""Options that several subcommands share."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.errors import UsageError
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallygate.runtime.bundle import Bundle
    from tallygate.runtime.classifier import Classifier

SHIPPED = "directory or zip (default: the shipped IMDB bundle)"


def add_bundle_options(parser: argparse.ArgumentParser, positional: bool = True) -> None:
    """``--bundle`` and ``--sha256``, and ``BUNDLE`` without an option where nothing else stands there."""
    if positional:
        parser.add_argument("positional_bundle", nargs="?", metavar="BUNDLE", help=SHIPPED)
    parser.add_argument("--bundle", metavar="BUNDLE", help="the same as BUNDLE" if positional else SHIPPED)
    parser.add_argument("--sha256", metavar="HASH", help="refuse a bundle with another hash than this (see info)")


def bundle_path(arguments: argparse.Namespace) -> str | None:
    """The bundle that was named, ``None`` for the shipped one. Raises :class:`UsageError` where two were."""
    positional: str | None = getattr(arguments, "positional_bundle", None)
    named: str | None = arguments.bundle
    if positional is not None and named is not None:
        raise UsageError(arguments.command, "got both BUNDLE and --bundle", "give one of them")
    return positional if named is None else named


def bundle_from(arguments: argparse.Namespace) -> Bundle:
    """Open the bundle that :func:`add_bundle_options` read, held to ``--sha256``.

    Raises the errors of :func:`bundle_path` and of :func:`tallygate.runtime.bundle.open_bundle`.
    """
    from tallygate.runtime.bundle import open_bundle

    return open_bundle(bundle_path(arguments), arguments.sha256)


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """``--engine``, ``--precision`` and ``--threads``."""
    parser.add_argument(
        "--engine", default="auto", metavar="E", help="auto, native, onnxruntime, cuda, tensorrt or numpy"
    )
    parser.add_argument("--precision", metavar="P", help="variant of the bundle (default: the first for the engine)")
    add_kernel_option(parser)
    parser.add_argument(
        "--trust-plans", action="store_true", help="let TensorRT run a plan that came with the bundle: it can hold code"
    )
    parser.add_argument(
        "--threads", type=positive_int, metavar="N", help="threads per text or batch (default: 1, or as tuned)"
    )


def classifier_from(arguments: argparse.Namespace) -> Classifier:
    """Load what :func:`add_bundle_options` and :func:`add_engine_options` read.

    Raises the errors of :func:`bundle_path` and of :meth:`tallygate.runtime.classifier.Classifier.load`.
    """
    from tallygate.runtime.classifier import Classifier

    return Classifier.load(
        bundle_path(arguments),
        arguments.engine,
        arguments.precision,
        threads=arguments.threads,
        sha256=arguments.sha256,
        trust_plans=arguments.trust_plans,
        kernel=arguments.kernel,
    )


def add_text_file_options(parser: argparse.ArgumentParser, of: str) -> None:
    """How to read the file of texts that the option ``of`` names: what errors about such a file advise."""
    add = parser.add_argument
    add("--column", metavar="C", help=f"column or key of the text where {of} is .csv, .tsv or .jsonl")
    add("--encoding", default="utf-8", metavar="E", help=f"of {of}, such as latin-1 or utf-16 (default: utf-8)")
    add("--skip-bad", action="store_true", help=f"leave out rows of {of} that cannot be read")


def texts_from(arguments: argparse.Namespace, file: str) -> Iterator[str]:
    """The texts of ``file``, read as :func:`add_text_file_options` was told.

    Raises the errors of :func:`tallygate.runtime.records.read_texts`; the first row that is left out is told.
    """
    from tallygate.runtime.records import BadRow, read_texts

    def tell_first(bad: BadRow) -> None:
        if not told:
            told.append(bad.line)
            notice(f"{file} line {bad.line} {bad.reason}; it is left out, and so is each such row behind it")

    told, on_bad = list[int](), tell_first if arguments.skip_bad else None
    return read_texts(Path(file), name=file, column=arguments.column, encoding=arguments.encoding, on_bad=on_bad)


def add_kernel_option(parser: argparse.ArgumentParser) -> None:
    """``--kernel``."""
    parser.add_argument("--kernel", metavar="K", help="of engine native, as doctor lists them (default: the best here)")


def positive_int(text: str) -> int:
    """A whole number of at least 1 that every library can count with, as an argument type."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value < 10**9:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number from 1 to 999,999,999")
    return value


def threshold_from(given: str) -> float:
    """Of ``--abstain-below``; read here and not by argparse, whose errors take more than a line.

    Raises :class:`UsageError` for what is no probability.
    """
    from tallygate.runtime.prediction import check_threshold

    try:
        value = float(given)
    except ValueError:
        value = math.nan
    return check_threshold(value, f"--abstain-below {given}")


def limit_numpy_threads(threads: int) -> None:
    """Have numpy's linear algebra use so many threads, unless the user set it; before numpy is imported, or in vain.

    By default it takes all cores, and for matrices as small as here that is slower than one.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
