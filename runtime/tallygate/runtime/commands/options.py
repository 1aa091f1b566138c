"""Options that several subcommands share."""

from __future__ import annotations

import argparse


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """``--engine``, ``--precision`` and ``--threads``."""
    parser.add_argument("--engine", default="auto", metavar="E", help="auto, onnxruntime or numpy (default: auto)")
    parser.add_argument("--precision", metavar="P", help="variant of the bundle (default: the first for the engine)")
    parser.add_argument(
        "--threads", type=positive_int, metavar="N", help="threads per text or batch (default: 1, or as tuned)"
    )


def positive_int(text: str) -> int:
    """A whole number of at least 1, as an argument type."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} must be at least 1")
    return value
