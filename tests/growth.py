"""How the cost of something grows with its input."""

from __future__ import annotations

import time
from collections.abc import Callable

LINEAR = 2.5
"""Most times as long for twice the input; n * n takes 4 times as long."""
LEAST_TRIES = 5


def growth(work: Callable[[str], object], text: Callable[[int], str], size: int, tries: int = 25) -> float:
    """How many times the processor time ``work(text(2 * size))`` takes of ``work(text(size))``, each at its best.

    The two are tried in turn, five times or until the answer is linear: what disturbs a measurement makes it longer, so
    the best of more tries is nearer the truth, and no number of them makes n * n linear. The machine's load and other
    threads do not count. ``size`` must be large enough to be measured: less than a millisecond counts as one.
    """
    inputs = text(size), text(2 * size)
    best = [float("inf"), float("inf")]
    for number in range(tries):
        for index, given in enumerate(inputs):
            start = time.thread_time()
            work(given)
            best[index] = min(best[index], time.thread_time() - start)
        if number >= LEAST_TRIES - 1 and best[1] / max(best[0], 1e-3) <= LINEAR:
            break
    return best[1] / max(best[0], 1e-3)
