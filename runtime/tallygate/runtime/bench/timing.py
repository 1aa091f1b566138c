"""Timing in turn: every contender once per round, so that whatever else the machine does, it does to all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tallygate.runtime.bench.contender import Contender
from tallygate.runtime.bench.energy import EnergyMeter

Say = Callable[[str], None]
Clock = Callable[[], float]
"""Gives seconds."""


@dataclass
class Timings:
    """What was measured of one contender; everything in seconds, one entry per round."""

    latencies: list[list[float]] = field(default_factory=list)
    """Per round: seconds per text, one at a time."""
    batched: dict[int, list[float]] = field(default_factory=dict)
    """By batch size, per round: seconds for all texts."""
    joules: list[float] = field(default_factory=list)
    """Per round, at the best batch size so far: joules for all texts; empty where the machine does not tell."""

    @property
    def best_batch(self) -> int:
        """The batch size with the least median time."""
        return min(self.batched, key=lambda size: float(np.median(self.batched[size])))

    @property
    def best_seconds(self) -> list[float]:
        """Per round: seconds for all texts at the best batch size."""
        return self.batched[self.best_batch]

    @property
    def medians(self) -> list[float]:
        """Per round: median seconds per text."""
        return [float(np.median(seconds)) for seconds in self.latencies]

    def latency(self, percentile: float) -> float:
        """Percentile (0 to 100) of the seconds per text, over all rounds."""
        return float(np.percentile(np.concatenate(self.latencies), percentile))


def time_contenders(
    contenders: Mapping[str, Contender],
    singles: Sequence[str],
    many: Sequence[str],
    rounds: int,
    say: Say,
    clock: Clock = time.perf_counter,
) -> dict[str, Timings]:
    """Time all: ``singles`` one by one and ``many`` in batches, ``rounds`` times over, after a little to warm up."""
    meter = EnergyMeter()
    timings = {name: Timings() for name in contenders}
    for contender in contenders.values():
        _one_by_one(contender, singles[:8], clock)
        contender.answer_many(many[:64], contender.batch_sizes[0])
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        for name, contender in _in_turn(contenders, number):
            timings[name].latencies.append(_one_by_one(contender, singles, clock))
            _time_batches(contender, many, timings[name], meter, clock)
    return timings


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """How many times as long the first took as the second: the median over rounds that ran side by side."""
    return float(np.median(np.array(slower) / np.array(faster)))


def _in_turn(contenders: Mapping[str, Contender], number: int) -> Iterator[tuple[str, Contender]]:
    """Every other round backwards, so that no one always runs behind the same neighbour."""
    return iter(list(contenders.items())[:: 1 if number % 2 else -1])


def _one_by_one(contender: Contender, texts: Sequence[str], clock: Clock) -> list[float]:
    seconds = []
    for text in texts:
        start = clock()
        contender.answer_one(text)
        seconds.append(clock() - start)
    return seconds


def _time_batches(
    contender: Contender, texts: Sequence[str], timings: Timings, meter: EnergyMeter, clock: Clock
) -> None:
    joules: dict[int, float | None] = {}
    for size in contender.batch_sizes:
        before, start = meter.read(), clock()
        contender.answer_many(texts, size)
        timings.batched.setdefault(size, []).append(clock() - start)
        joules[size] = meter.joules_since(before)
    spent = joules[timings.best_batch]
    if spent is not None:
        timings.joules.append(spent)
