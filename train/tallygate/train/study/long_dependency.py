"""The part ``long_dependency``: how far back a simple RNN, a GRU and an LSTM remember one word."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from statistics import fmean
from typing import Literal

import msgspec
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, ScalarFormatter
from torch import nn
from tqdm import tqdm

from tallygate.runtime.figure import legend_below, save_figure
from tallygate.train.loop import losses, predicted
from tallygate.train.network import cpu_settings
from tallygate.train.study.context import StudyContext
from tallygate.train.study.cue_task import COLORS, TITLES, CueTask
from tallygate.train.study.networks import Kind, RecurrentClassifier
from tallygate.train.study.part_record import read_record, write_record

NAME = "long_dependency"
_CHECKED = 50
"""Steps over which the mean loss must be low for training to end early."""


class DependencySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The same budget for every network."""

    distances: tuple[int, ...]
    """Words of noise between the cue and the answer."""
    seeds: tuple[int, ...]
    learning_rate: float = 3e-3
    """Adam's: of 1e-3, 3e-3 and 1e-2 the best for the simple RNN at a distance of 100, on other seeds than these; GRU
    and LSTM are always right there with it."""
    steps: int
    """At most; training ends when the mean loss of 50 steps is below ``solved``."""
    batch_size: int = 32
    clip_norm: float = 1.0
    solved: float = 0.005
    """Nats per text."""
    test_texts: int = 500


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One trained network."""

    kind: Kind
    distance: int
    """It is trained on 1 to as many words of noise, a new number at every step, and tested on exactly as many."""
    seed: int
    accuracy: float
    """On texts that training did not see."""
    steps: int
    seconds: float


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """``long_dependency.json``."""

    settings: DependencySettings
    chance: float
    """Accuracy of a guess among the cues."""
    points: list[Point]


def run(context: StudyContext, folder: Path) -> None:
    """Make ``long_dependency.json`` and ``.png``; points that the file has already are not made again.

    The task is synthetic, so it is the same for every corpus.
    """
    settings, path = dependency_settings(context), folder / f"{NAME}.json"
    record = read_record(path, Dependency, settings)
    record = record or Dependency(settings=settings, chance=CueTask().chance, points=[])
    wanted: list[tuple[Kind, int, int]] = [
        (kind, distance, seed) for seed in settings.seeds for distance in settings.distances for kind in TITLES
    ]
    done = {(point.kind, point.distance, point.seed) for point in record.points}
    with cpu_settings(context.threads):
        for kind, distance, seed in tqdm(wanted, desc=NAME, disable=None, leave=False):
            if (kind, distance, seed) not in done:
                point = _point(kind, distance, seed, settings)
                record = msgspec.structs.replace(record, points=[*record.points, point])
                write_record(path, record)
    _draw(folder / f"{NAME}.png", record)


def dependency_settings(context: StudyContext) -> DependencySettings:
    """The quick form trains one seed at two short distances."""
    if context.quick:
        return DependencySettings(distances=(2, 8), seeds=(context.seed,), steps=80)
    return DependencySettings(
        distances=(5, 10, 20, 50, 100, 200, 500),
        seeds=tuple(range(context.seed, context.seed + 3)),
        steps=2000,
    )


def _point(kind: Kind, distance: int, seed: int, settings: DependencySettings) -> Point:
    start, task = time.perf_counter(), CueTask()
    model = task.network(kind, seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    steps = train_on_cues(model, optimizer, distance, _generator(seed, "training"), settings)
    ids, lengths, targets = task.batch(settings.test_texts, distance, _generator(seed, "test"))
    with torch.inference_mode():
        accuracy = (predicted(model.eval()(ids, lengths)) == targets).float().mean().item()
    seconds = round(time.perf_counter() - start, 2)
    return Point(kind=kind, distance=distance, seed=seed, accuracy=round(accuracy, 6), steps=steps, seconds=seconds)


def train_on_cues(
    model: RecurrentClassifier,
    optimizer: torch.optim.Optimizer,
    distance: int,
    generator: torch.Generator,
    settings: DependencySettings,
) -> int:
    """Train in place on 1 to ``distance`` words of noise, a new number at every step. Returns the steps made."""
    recent: deque[float] = deque(maxlen=_CHECKED)
    for step in range(1, settings.steps + 1):
        noise = int(torch.randint(1, distance + 1, (), generator=generator))
        ids, lengths, targets = CueTask().batch(settings.batch_size, noise, generator)
        loss = losses(model(ids, lengths), targets).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
        optimizer.step()
        recent.append(loss.item())
        if len(recent) == _CHECKED and sum(recent) < _CHECKED * settings.solved:
            return step
    return settings.steps


def _generator(seed: int, purpose: Literal["training", "test"]) -> torch.Generator:
    return torch.Generator().manual_seed(2 * seed + (purpose == "test"))


def _draw(path: Path, record: Dependency) -> None:
    """The mean over the seeds, and every single network as a faint dot."""
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    axes = figure.subplots()
    for kind, title in TITLES.items():
        points = [point for point in record.points if point.kind == kind]
        axes.plot(*_means(points), color=COLORS[kind], marker="o", label=title)
        axes.scatter([p.distance for p in points], [p.accuracy for p in points], color=COLORS[kind], alpha=0.35, s=16)
    axes.axhline(record.chance, color="0.5", linestyle=":", label=f"chance, {record.chance:.0%}")
    axes.set_xscale("log")
    axes.set_xticks(record.settings.distances)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylim(0.0, 1.05)
    axes.set(xlabel="words of noise after the cue (logarithmic)", ylabel="accuracy on unseen texts")
    seeds = len(record.settings.seeds)
    axes.set_title(f"Which of {round(1 / record.chance)} cues came first? Mean of {seeds} trainings, each a dot")
    axes.grid(alpha=0.3)
    legend_below(axes, columns=4)
    save_figure(figure, path)


def _means(points: list[Point]) -> tuple[list[int], list[float]]:
    distances = sorted({point.distance for point in points})
    return distances, [fmean(p.accuracy for p in points if p.distance == distance) for distance in distances]
