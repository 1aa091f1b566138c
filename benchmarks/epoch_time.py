"""Time an epoch of the `seed` preset on IMDB, our way and the report's way, side by side in one run.

Our way: batches of like length, each padded to its own longest row; numbers too small for a normal float taken as zero;
bfloat16 where the CPU computes it natively. The report's way: batches in random order, every text padded in front to 600
and the padding read like words, in float32. Both train the same network with the same optimizer on one thread, in turns,
so that whatever else the machine does slows both down alike.

    TALLYGATE_IMDB=DIR python benchmarks/epoch_time.py [--fraction 0.2] [--out epoch_time.json]

Exits with 1 when our epoch takes more than a fifth of the report's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import msgspec
import numpy as np
import torch
from tqdm import tqdm

from tallygate.runtime.outputs import write_text
from tallygate.runtime.vocabulary import PADDING
from tallygate.train.arithmetic import Precision, cpu_settings, resolve_precision
from tallygate.train.batching import EncodedSplit, Indices, TensorBatch, shuffled_batches, tensors_of
from tallygate.train.data_source import DataSource
from tallygate.train.loop import EpochTotals, Trainer, new_model
from tallygate.train.preset import Preset, load_preset
from tallygate.train.run_data import RunData, run_data_from_corpus

ALLOWED = 0.2
"""Share of the report's time that our epoch may take."""
TURNS = 20


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One way's epoch."""

    seconds: float
    cpu_seconds: float
    """Time that this process had a core, which other processes hardly change."""
    positions: int
    timed_share: float
    """Share of the positions that was timed; below 1 the rest is computed from it."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is written."""

    preset: str
    rows: int
    batch_size: int
    threads: int
    cpu: str
    torch: str
    our_precision: str
    ours: Figures
    report: Figures
    ratio: float
    """Our seconds by the report's."""
    cpu_ratio: float


@dataclass
class Way:
    """One way to train an epoch, and what it took so far."""

    name: str
    trainer: Trainer
    batches: list[Indices]
    tensors: Callable[[Indices], TensorBatch]
    settings: Callable[[], AbstractContextManager[None]]
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    positions: int = 0
    """Batch x time, padding included, summed over what was timed."""
    totals: EpochTotals = field(default_factory=lambda: EpochTotals(1))

    def warm_up(self) -> None:
        """One untimed step."""
        with self.settings():
            self.trainer.step(self.tensors(self.batches[0]), EpochTotals(1))

    def train(self, batches: Sequence[Indices]) -> None:
        """Train on ``batches`` and add their time."""
        with self.settings():
            start, cpu_start = time.perf_counter(), time.process_time()
            for indices in batches:
                batch = self.tensors(indices)
                self.trainer.step(batch, self.totals)
                self.positions += batch.ids.numel()
            self.seconds += time.perf_counter() - start
            self.cpu_seconds += time.process_time() - cpu_start

    def figures(self) -> Figures:
        """What the whole epoch takes, in proportion to its positions where only a part was timed."""
        whole = sum(self.tensors(indices).ids.numel() for indices in self.batches)
        scale = whole / self.positions
        return Figures(
            seconds=round(self.seconds * scale, 2),
            cpu_seconds=round(self.cpu_seconds * scale, 2),
            positions=whole,
            timed_share=round(1 / scale, 4),
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the comparison; 1 when our way is not fast enough."""
    arguments = _parse_args(argv)
    preset = load_preset("seed")
    data = run_data_from_corpus(DataSource(data="imdb", data_dir=arguments.data_dir).load(), preset)
    ways = [_our_way(preset, data), _reports_way(preset, data)]
    time_in_turns(ways, arguments.fraction)
    report = _report(ways, preset)
    text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    write_text(arguments.out, text + "\n")
    print(text)
    if arguments.fraction < 1:
        print(f"\nTimed on {arguments.fraction:.0%} of the batches; the whole epochs are computed from that.")
    print(f"\nOur epoch takes {report.ratio:.3f} of the time of the report's (at most {ALLOWED} is allowed).")
    return 0 if report.ratio <= ALLOWED else 1


def time_in_turns(ways: Sequence[Way], fraction: float) -> None:
    """Train on the first ``fraction`` of each way's batches, in turns."""
    for way in ways:
        way.warm_up()
    for turn in tqdm(range(TURNS), unit="turn", disable=None):
        for way in ways:
            count = max(TURNS, round(len(way.batches) * fraction))
            start, end = (count * edge // TURNS for edge in (turn, turn + 1))
            way.train(way.batches[start:end])


def _our_way(preset: Preset, data: RunData) -> Way:
    training = preset.training
    return Way(
        "ours",
        _trainer(preset, data, resolve_precision("auto")),
        shuffled_batches(data.train, training.batch_size, seed=0, epoch=1),
        lambda indices: tensors_of(data.train, indices),
        lambda: cpu_settings(threads=1),
    )


def _reports_way(preset: Preset, data: RunData) -> Way:
    length = preset.text.max_length
    rows = [[PADDING] * (length - len(row)) + row for row in data.train.rows]
    padded = EncodedSplit(rows, data.train.targets)
    return Way(
        "report",
        _trainer(preset, data, "float32"),
        _random_batches(padded, preset.training.batch_size),
        lambda indices: tensors_of(padded, indices),
        _plain_settings,
    )


def _trainer(preset: Preset, data: RunData, precision: Precision) -> Trainer:
    return Trainer(new_model(data.architecture(preset), 0), preset.training, data.train, len(data.labels), precision)


def _random_batches(split: EncodedSplit, size: int) -> list[Indices]:
    order = np.random.default_rng(0).permutation(len(split))
    return [order[start : start + size] for start in range(0, len(order), size)]


@contextmanager
def _plain_settings() -> Iterator[None]:
    with cpu_settings(threads=1):
        torch.set_flush_denormal(False)
        yield


def _report(ways: Sequence[Way], preset: Preset) -> Report:
    ours, report = (way.figures() for way in ways)
    return Report(
        preset="seed",
        rows=len(ways[0].trainer.train),
        batch_size=preset.training.batch_size,
        threads=1,
        cpu=str(torch.cpu.get_capabilities().get("cpu_name", "unknown")),
        torch=str(torch.__version__),
        our_precision=resolve_precision("auto"),
        ours=ours,
        report=report,
        ratio=round(ours.seconds / report.seconds, 4),
        cpu_ratio=round(ours.cpu_seconds / report.cpu_seconds, 4),
    )


def _parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("TALLYGATE_IMDB"), help="IMDB (default: $TALLYGATE_IMDB)")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the batches to time (default: 1)")
    parser.add_argument("--out", default="epoch_time.json", help="JSON file to write")
    arguments = parser.parse_args(argv)
    if not 0 < arguments.fraction <= 1:
        parser.error("--fraction must be above 0 and at most 1")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
