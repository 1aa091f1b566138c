"""One line to whoever watches a training, wherever it comes from."""

from __future__ import annotations

import sys

from tqdm import tqdm

from tallygate.runtime.terminal import printable


def say(line: str) -> None:
    """Print a line to stderr without disturbing a bar."""
    tqdm.write(printable(line), file=sys.stderr)
