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
_SLICE = 32
"""Texts that one contender answers singly before the next takes over."""


@dataclass
class Timings:
    """What was measured of one contender; everything in seconds, one entry per round."""

    latencies: list[list[float]] = field(default_factory=list)
    """Per round: seconds per text, one at a time."""
    batched: dict[int, list[float]] = field(default_factory=dict)
    """By batch size, per round of the search for the best: seconds for all texts."""
    best_seconds: list[float] = field(default_factory=list)
    """Per round: seconds for all texts at the best batch size."""
    joules: list[float] = field(default_factory=list)
    """Per round, at the best batch size: joules for all texts; empty where the machine does not tell."""

    @property
    def best_batch(self) -> int:
        """The batch size with the least median time."""
        return min(self.batched, key=lambda size: float(np.median(self.batched[size])))

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
    """Time all: ``singles`` one by one and ``many`` at the best batch size, ``rounds`` times over.

    Before, there is a little to warm up, and fewer rounds in which each finds its best batch size.
    """
    timings = {name: Timings() for name in contenders}
    for contender in contenders.values():
        _one_by_one(contender, singles[:8], clock)
        contender.answer_many(many[:64], contender.batch_sizes[0])
    for number in range(max(1, rounds // 3)):
        say(f"batch sizes, round {number + 1}")
        for name, contender in _in_turn(contenders, number):
            _try_batch_sizes(contender, many, timings[name], clock)
    meter = EnergyMeter()
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        _time_singles(contenders, singles, timings, number, clock)
        for name, contender in _in_turn(contenders, number):
            _time_best_batch(contender, many, timings[name], meter, clock)
    return timings


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """How many times as long the first took as the second: the median over rounds that ran side by side."""
    return float(np.median(np.array(slower) / np.array(faster)))


def _in_turn(contenders: Mapping[str, Contender], number: int) -> Iterator[tuple[str, Contender]]:
    """Every other round backwards, so that no one always runs behind the same neighbour."""
    return iter(list(contenders.items())[:: 1 if number % 2 else -1])


def _time_singles(
    contenders: Mapping[str, Contender],
    texts: Sequence[str],
    timings: Mapping[str, Timings],
    number: int,
    clock: Clock,
) -> None:
    """One round, a few texts at a time, so that what lasts for a second is shared by all."""
    for name in contenders:
        timings[name].latencies.append([])
    for start in range(0, len(texts), _SLICE):
        for name, contender in _in_turn(contenders, number + start // _SLICE):
            timings[name].latencies[-1] += _one_by_one(contender, texts[start : start + _SLICE], clock)


def _one_by_one(contender: Contender, texts: Sequence[str], clock: Clock) -> list[float]:
    seconds = []
    for text in texts:
        start = clock()
        contender.answer_one(text)
        seconds.append(clock() - start)
    return seconds


def _try_batch_sizes(contender: Contender, texts: Sequence[str], timings: Timings, clock: Clock) -> None:
    for size in contender.batch_sizes:
        start = clock()
        contender.answer_many(texts, size)
        timings.batched.setdefault(size, []).append(clock() - start)


def _time_best_batch(
    contender: Contender, texts: Sequence[str], timings: Timings, meter: EnergyMeter, clock: Clock
) -> None:
    before, start = meter.read(), clock()
    contender.answer_many(texts, timings.best_batch)
    timings.best_seconds.append(clock() - start)
    spent = meter.joules_since(before)
    if spent is not None:
        timings.joules.append(spent)
