"""Options that several subcommands share."""

from __future__ import annotations

import argparse
import os


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """``--engine``, ``--precision`` and ``--threads``."""
    parser.add_argument("--engine", default="auto", metavar="E", help="auto, onnxruntime, cuda, tensorrt or numpy")
    parser.add_argument("--precision", metavar="P", help="variant of the bundle (default: the first for the engine)")
    parser.add_argument(
        "--trust-plans", action="store_true", help="let TensorRT run a plan that came with the bundle: it can hold code"
    )
    parser.add_argument(
        "--threads", type=positive_int, metavar="N", help="threads per text or batch (default: 1, or as tuned)"
    )


def positive_int(text: str) -> int:
    """A whole number of at least 1, as an argument type."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} must be at least 1")
    return value


def limit_numpy_threads(threads: int) -> None:
    """Have numpy's linear algebra use so many threads, unless the user set it; before numpy is imported, or in vain.

    By default it takes all cores, and for matrices as small as here that is slower than one.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
