"""The benchmark, whole: contenders, timings, new processes, report."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from tallygate.runtime.bench.contender import Contender, contenders_of_bundle
from tallygate.runtime.bench.peers import peers_of_bundle
from tallygate.runtime.bench.processes import BARE_IMPORT, cold_starts, peak_memory, predict_one
from tallygate.runtime.bench.report import BenchReport, Result
from tallygate.runtime.bench.timing import Timings, ratio, time_contenders
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.machine import this_machine

PLAIN = "plain export"
"""Name of the peer that the others are compared with."""
_SINGLES = 256
_BARE = "bare import"


@dataclass(frozen=True)
class BenchOptions:
    """What can be chosen."""

    engine: str = "auto"
    """``auto`` is every engine that is here."""
    precision: str | None = None
    """One variant, or all."""
    kernels: Sequence[str | None] = (None,)
    """Of the C core; ``None`` is the one that it takes by itself."""
    threads: Sequence[int] = (1,)
    """Each is tried; peers get the first."""
    rounds: int = 5
    peers: bool = True
    cpu_time: bool = False
    """Count the processor's time and not the clock's: on a busy machine the truer of the two for one thread."""
    processes: bool = True
    """Whether to start new processes for cold start and memory."""


def run_bench(
    bundle: Bundle,
    texts: Sequence[str],
    described: str,
    options: BenchOptions,
    say: Callable[[str], None],
    others: Sequence[Contender] = (),
) -> BenchReport:
    """Measure every engine and variant of ``bundle``, and ``others``, on ``texts``, which ``described`` names.

    Raises :class:`EngineUnavailableError` where nothing of the bundle runs here, or where the
    engine that was named does not.
    """
    say("loading")
    own, cannot = contenders_of_bundle(bundle, options.threads, options.engine, options.precision, options.kernels)
    peers, absent = peers_of_bundle(bundle, options.threads[0]) if options.peers else ([], {})
    contenders = {contender.name: contender for contender in (*own, *others, *peers)}
    clock = time.process_time if options.cpu_time else time.perf_counter
    timings = time_contenders(contenders, texts[:_SINGLES], texts, options.rounds, say, clock)
    starts = _cold_starts(own, options, say)
    memory = _memory(own, texts, say) if options.processes else {}
    figures = _Figures(timings, starts, memory, len(texts))
    return BenchReport(
        bundle=bundle.manifest.name,
        sha256=bundle.sha256,
        machine=this_machine(),
        texts=described,
        count=len(texts),
        rounds=options.rounds,
        clock="processor" if options.cpu_time else "wall",
        results=[figures.result(contender) for contender in contenders.values()],
        bare_import_s=_median(starts.get(_BARE)),
        absent=cannot | absent,
    )


def _cold_starts(
    own: Sequence[Contender], options: BenchOptions, say: Callable[[str], None]
) -> Mapping[str, list[float]]:
    if not options.processes:
        return {}
    say("cold starts")
    commands: dict[str, Sequence[str]] = {contender.name: predict_one(contender.arguments) for contender in own}
    if this_machine().onnxruntime:
        commands[_BARE] = BARE_IMPORT
    return cold_starts(commands, options.rounds)


def _memory(own: Sequence[Contender], texts: Sequence[str], say: Callable[[str], None]) -> dict[str, int | None]:
    say("memory")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.jsonl"
        file.write_bytes(b"".join(msgspec.json.encode({"text": text}) + b"\n" for text in texts))
        return {contender.name: peak_memory(contender.arguments, file) for contender in own}


@dataclass(frozen=True)
class _Figures:
    timings: Mapping[str, Timings]
    starts: Mapping[str, Sequence[float]]
    memory: Mapping[str, int | None]
    count: int

    def result(self, contender: Contender) -> Result:
        start, bare = self.starts.get(contender.name), self.starts.get(_BARE)
        measured, plain = self.timings[contender.name], self.timings.get(PLAIN)
        by_batch = {size: self.count / float(np.median(seconds)) for size, seconds in measured.batched.items()}
        return Result(
            name=contender.name,
            engine=contender.engine,
            precision=contender.precision,
            provider=contender.provider,
            threads=contender.threads,
            p50_ms=1000 * measured.latency(50),
            p90_ms=1000 * measured.latency(90),
            p99_ms=1000 * measured.latency(99),
            reviews_per_second=self.count / float(np.median(measured.best_seconds)),
            batch_size=measured.best_batch,
            reviews_per_second_by_batch=by_batch,
            cold_start_s=_median(start),
            times_bare_import=ratio(start, bare) if start and bare else None,
            peak_memory=self.memory.get(contender.name),
            size=contender.size,
            joules_per_1000=1000 * float(np.median(measured.joules)) / self.count if measured.joules else None,
            accuracy=contender.accuracy,
            batch_invariant=contender.batch_invariant,
            is_peer=not contender.arguments,
            times_plain_batched=ratio(plain.best_seconds, measured.best_seconds) if plain else None,
            times_plain_p50=ratio(plain.medians, measured.medians) if plain else None,
        )


def _median(values: Sequence[float] | None) -> float | None:
    return float(np.median(values)) if values else None
