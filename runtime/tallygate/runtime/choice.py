"""Which engine, variant, threads and batch size to use: what the user named, else what was measured, else defaults."""

from __future__ import annotations

from dataclasses import dataclass

from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines import available_engines
from tallygate.runtime.errors import UsageError
from tallygate.runtime.machine import check_threads, kept_settings

BATCH_SIZES = {"native": 1024, "onnxruntime": 4, "numpy": 32}
"""Texts per run of an engine: onnxruntime on a CPU takes least time per token for 4, and a quarter more for 32; numpy's
time is in its steps, which are the same for one row and for many; the C core fills its own slots, so it wants many."""
BATCH_SIZE = 64
"""Texts per run of any other engine, such as one on a GPU."""
THREADS = 1
"""A second thread gains nothing on single texts."""


@dataclass(frozen=True)
class Choice:
    """What to create."""

    engine: str
    """``auto`` where nothing was measured and nothing named."""
    precision: str | None
    threads: int
    batch_size: int | None
    """``None`` where it is left to :func:`default_batch_size`."""


def default_batch_size(engine: str) -> int:
    """Texts per run of the engine of that name, where nothing was measured and nothing named."""
    return BATCH_SIZES.get(engine, BATCH_SIZE)


def choose(bundle: Bundle, engine: str, precision: str | None, threads: int | None, batch_size: int | None) -> Choice:
    """Fill in what the user left open. Only ``auto`` looks at measured settings, and only where they can be used.

    Raises :class:`UsageError` for threads or a batch size that cannot be.
    """
    check_threads(THREADS if threads is None else threads)
    if batch_size is not None and not (isinstance(batch_size, int) and batch_size >= 1):
        raise UsageError(f"batch_size {batch_size!r}", "is no whole number of at least 1", "give another, or None")
    tuned = kept_settings(bundle.sha256) if engine == "auto" else None
    if tuned and precision in (None, tuned.precision) and _can_run(bundle, tuned.engine, tuned.precision):
        return Choice(tuned.engine, tuned.precision, threads or tuned.threads, batch_size or tuned.batch_size)
    return Choice(engine, precision, threads or THREADS, batch_size)


def _can_run(bundle: Bundle, engine: str, precision: str) -> bool:
    variant = bundle.manifest.variants.get(precision)
    return variant is not None and variant.runs_on(engine) and engine in available_engines()
