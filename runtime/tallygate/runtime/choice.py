"""Which engine, variant, threads and batch size to use: what the user named, else what was measured, else defaults."""

from __future__ import annotations

from dataclasses import dataclass

from tallygate.runtime.autotune import kept_settings
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines import available_engines

BATCH_SIZE = 8
"""Texts per run of the engine; on a CPU 4 to 8 cost least per token, and 32 a quarter more."""
THREADS = 1
"""A second thread gains nothing on single texts."""


@dataclass(frozen=True)
class Choice:
    """What to create."""

    engine: str
    """``auto`` where nothing was measured and nothing named."""
    precision: str | None
    threads: int
    batch_size: int


def choose(bundle: Bundle, engine: str, precision: str | None, threads: int | None, batch_size: int | None) -> Choice:
    """Fill in what the user left open. Only ``auto`` looks at measured settings, and only where they can be used."""
    tuned = kept_settings(bundle.sha256) if engine == "auto" else None
    if tuned and precision in (None, tuned.precision) and _can_run(bundle, tuned.engine, tuned.precision):
        return Choice(tuned.engine, tuned.precision, threads or tuned.threads, batch_size or tuned.batch_size)
    return Choice(engine, precision, threads or THREADS, batch_size or BATCH_SIZE)


def _can_run(bundle: Bundle, engine: str, precision: str) -> bool:
    variant = bundle.manifest.variants.get(precision)
    return variant is not None and engine in variant.engines and engine in available_engines()
