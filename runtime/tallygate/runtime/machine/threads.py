"""How many threads may be asked for. Whoever computes makes all of them before the first answer: a hundred million take
the machine's memory, or end the process in a library that does not count them.
"""

from __future__ import annotations

from tallygate.runtime.errors import UsageError

MAX_THREADS = 1024
"""More than any of these models gains from."""


def check_threads(threads: int, name: str = "threads") -> None:
    """Raise :class:`UsageError` for a number of threads that nothing can begin with, under the name it was given by."""
    if not isinstance(threads, int):  # libraries answer with a page about their C++
        raise UsageError(f"{name} {threads!r}", "is no whole number", "give an int")
    if not 1 <= threads <= MAX_THREADS:
        fault = "must be at least 1" if threads < 1 else f"must be at most {MAX_THREADS:,}"
        raise UsageError(f"{name} {threads}", fault, "give another number")
