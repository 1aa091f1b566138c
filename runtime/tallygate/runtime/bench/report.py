"""What a benchmark found, as records, JSON and a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from tallygate.runtime.errors import UsageError
from tallygate.runtime.machine import Machine, Settings
from tallygate.runtime.outputs import json_bytes
from tallygate.runtime.terminal import table

_MEGABYTE = 2**20


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One contender's figures. What could not be measured is ``None``."""

    name: str
    engine: str
    precision: str
    provider: str
    threads: int
    p50_ms: float
    """Milliseconds from one text to its answer, tokenising included: median."""
    p90_ms: float
    p99_ms: float
    reviews_per_second: float
    """Texts per second at the best batch size, tokenising included: median of the rounds."""
    batch_size: int
    """The batch size that was best."""
    reviews_per_second_by_batch: dict[int, float]
    """In the fewer rounds in which the best was looked for."""
    cold_start_s: float | None
    """Seconds from a new process to its first answer, through the command line: median of the rounds."""
    times_bare_import: float | None
    """The cold start over a new process with ``import numpy, onnxruntime`` alone: the median of the rounds' ratios."""
    peak_memory: int | None
    """Most resident memory of a new process that answers all texts, in bytes."""
    size: int | None
    """Bytes of the model's file."""
    joules_per_1000: float | None
    """Joules of all processor packages per 1,000 texts at the best batch size."""
    accuracy: float | None
    batch_invariant: bool
    is_peer: bool
    """Whether it is no part of the bundle and only there to compare with."""
    times_plain_batched: float | None
    """Reviews per second over the plain export's: the median of the rounds' ratios."""
    times_plain_p50: float | None
    """The plain export's median latency over this one's: the median of the rounds' ratios."""


class BenchReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run, whole."""

    bundle: str
    sha256: str
    machine: Machine
    texts: str
    """What was answered."""
    count: int
    rounds: int
    clock: Literal["wall", "processor"]
    """What latencies and throughputs count; cold starts are always by the clock on the wall."""
    results: list[Result]
    bare_import_s: float | None
    """Seconds from a new process to ``import numpy, onnxruntime``, measured in turn with the cold starts."""
    absent: dict[str, str]
    """Peers that could not take part, and why."""
    tuned: Settings | None = None
    """What ``--autotune`` stored."""

    def best(self, goal: str) -> Result:
        """The best for ``throughput`` or ``latency`` among the variants whose answers depend on no batch.

        Raises :class:`UsageError` where there is none.
        """
        own = [result for result in self.results if result.batch_invariant and not result.is_peer]
        if not own:
            raise UsageError("--autotune", "measured no batch-invariant variant", "name another --precision")
        return min(own, key=lambda r: r.p50_ms if goal == "latency" else -r.reviews_per_second)


def report_to_json(report: BenchReport) -> bytes:
    """The report, readable by people."""
    return json_bytes(report)


def table_of_results(results: Sequence[Result], fmt: str = "simple") -> str:
    """One line per contender; columns that nobody filled are left out."""
    rows = [_cells(result) for result in results]
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    cells = [[row[name] or "-" for name in columns] for row in rows]
    align = ["left", *["right"] * (len(columns) - 1)]
    return table(cells, columns, style=fmt, align=align)


def _cells(r: Result) -> dict[str, str]:
    return {
        "what": r.name,
        "p50 ms": f"{r.p50_ms:.3f}",
        "p90 ms": f"{r.p90_ms:.3f}",
        "p99 ms": f"{r.p99_ms:.3f}",
        "texts/s": f"{r.reviews_per_second:,.0f}",
        "batch": str(r.batch_size),
        "cold start s": _shown(r.cold_start_s, ".2f"),
        "x bare import": _shown(r.times_bare_import, ".2f"),
        "peak MB": _shown(r.peak_memory and r.peak_memory / _MEGABYTE, ".0f"),
        "file bytes": _shown(r.size, ",d"),
        "J/1,000": _shown(r.joules_per_1000, ".2f"),
        "accuracy": _shown(r.accuracy, ".2%"),
        "x plain batched": _shown(r.times_plain_batched, ".2f"),
        "x plain p50": _shown(r.times_plain_p50, ".2f"),
    }


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
