"""How the cost of something grows with its input."""

from __future__ import annotations

import time
from collections.abc import Callable

LINEAR = 2.5
"""Most times as long for twice the input; n * n takes 4 times as long."""


def growth(work: Callable[[str], object], text: Callable[[int], str], size: int, tries: int = 5) -> float:
    """How many times the processor time ``work(text(2 * size))`` takes of ``work(text(size))``, each at its best.

    The two are tried in turn, and the machine's load does not count. ``size`` must be large enough to be measured: what
    takes less than a millisecond counts as one.
    """
    inputs = text(size), text(2 * size)
    best = [float("inf"), float("inf")]
    for _ in range(tries):
        for index, given in enumerate(inputs):
            start = time.process_time()
            work(given)
            best[index] = min(best[index], time.process_time() - start)
    return best[1] / max(best[0], 1e-3)
