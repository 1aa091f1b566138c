"""Which engine, variant, threads and batch size to use: what the user named, else what was measured, else defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines import available_engines
from tallygate.runtime.engines.integer import KERNEL_VARIABLE, available_kernels
from tallygate.runtime.errors import UsageError
from tallygate.runtime.machine import Settings, check_threads, kept_settings

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
    kernel: str | None = None
    """Of the C core; ``None`` where it is left to the environment, or to the core itself."""


def default_batch_size(engine: str) -> int:
    """Texts per run of the engine of that name, where nothing was measured and nothing named."""
    return BATCH_SIZES.get(engine, BATCH_SIZE)


def choose(
    bundle: Bundle,
    engine: str,
    precision: str | None,
    threads: int | None,
    batch_size: int | None,
    kernel: str | None = None,
) -> Choice:
    """Fill in what the user left open. Only ``auto`` looks at measured settings, and only where they can be used.

    Raises :class:`UsageError` for threads or a batch size that cannot be.
    """
    check_threads(THREADS if threads is None else threads)
    if batch_size is not None and not (isinstance(batch_size, int) and batch_size >= 1):
        raise UsageError(f"batch_size {batch_size!r}", "is no whole number of at least 1", "give another, or None")
    tuned = kept_settings(bundle.sha256) if engine == "auto" and kernel is None else None
    if tuned and precision in (None, tuned.precision) and _can_run(bundle, tuned):
        kernel = None if os.environ.get(KERNEL_VARIABLE) else tuned.kernel
        return Choice(tuned.engine, tuned.precision, threads or tuned.threads, batch_size or tuned.batch_size, kernel)
    return Choice(engine, precision, threads or THREADS, batch_size, kernel)


def _can_run(bundle: Bundle, tuned: Settings) -> bool:
    variant = bundle.manifest.variants.get(tuned.precision)
    if variant is None or not variant.runs_on(tuned.engine) or tuned.engine not in available_engines():
        return False
    return tuned.kernel is None or (tuned.engine == "native" and tuned.kernel in available_kernels())
