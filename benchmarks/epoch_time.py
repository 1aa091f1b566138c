"""Time an epoch of the `seed` preset on IMDB, our way and the report's way, side by side in one run.

Our way, that of `tallygate train`: batches of like length, each padded to its own longest row; numbers too small for a
normal float taken as zero; bfloat16 where the CPU computes it natively; large tensors on huge pages. The report's way:
batches in random order, every text padded in front to 600 and the padding read like words, in float32. Both train the
same network with the same optimizer on one thread. Each is a process of its own, and they train in turns, never at
once, so that whatever else the machine does slows both down alike.

    TALLYGATE_IMDB=DIR python benchmarks/epoch_time.py [--fraction 0.2] [--out epoch_time.json]

Exits with 1 when our epoch takes more than a fifth of the report's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from tqdm import tqdm

from tallygate.runtime.outputs import write_text
from tallygate.runtime.text import PADDING
from tallygate.train.corpora import DataSource
from tallygate.train.loop import EncodedSplit, EpochTotals, Indices, Trainer, new_model, shuffled_batches, tensors_of
from tallygate.train.network import VARIABLE, Precision, cpu_settings, resolve_precision
from tallygate.train.presets import Preset, load_preset
from tallygate.train.run import RunData, run_data_from_corpus

ALLOWED = 0.2
"""Share of the report's time that our epoch may take."""
TURNS = 20
OURS, REPORT = "ours", "report"


class Figures(msgspec.Struct, kw_only=True):
    """One way's epoch."""

    precision: str
    torch: str
    cpu: str
    rows: int
    batches: int
    positions: int
    """Batch x time, padding included, summed over the epoch."""
    timed_batches: int = 0
    timed_positions: int = 0
    seconds: float = 0.0
    """Of the epoch; where only a part was timed, in proportion to its positions."""
    cpu_seconds: float = 0.0
    """Time for which the process had a core, which other processes change less."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What is written."""

    preset: str = "seed"
    threads: int = 1
    ours: Figures
    report: Figures
    ratio: float
    """Our seconds by the report's."""
    cpu_ratio: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the comparison; 1 when our way is not fast enough."""
    arguments = _parse_args(argv)
    if arguments.worker:
        preset = load_preset("seed")
        data = run_data_from_corpus(DataSource(data="imdb", data_dir=arguments.data_dir).load(), preset)
        work((our_way if arguments.worker == OURS else reports_way)(preset, data), arguments.fraction)
        return 0
    comparison = compare(arguments.data_dir, arguments.fraction)
    text = msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode()
    write_text(arguments.out, text + "\n")
    print(text)
    if arguments.fraction < 1:
        print(f"\nTimed on {arguments.fraction:.0%} of the batches; the whole epochs are computed from that.")
    print(f"\nOur epoch takes {comparison.ratio:.3f} of the time of the report's (at most {ALLOWED} is allowed).")
    return 0 if comparison.ratio <= ALLOWED else 1


def compare(data_dir: str, fraction: float) -> Comparison:
    """Start a worker for each way and let them train in turns."""
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker(way, data_dir, fraction)) for way in (OURS, REPORT)]
        for _ in tqdm(range(TURNS), unit="turn", disable=None):
            for worker in workers:
                _ask(worker)
        ours, report = (msgspec.json.decode(_ask(worker), type=Figures) for worker in workers)
    return Comparison(
        ours=ours,
        report=report,
        ratio=round(ours.seconds / report.seconds, 4),
        cpu_ratio=round(ours.cpu_seconds / report.cpu_seconds, 4),
    )


@contextmanager
def _worker(way: str, data_dir: str, fraction: float) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, __file__, "--worker", way, "--data-dir", data_dir, "--fraction", str(fraction)]
    # PyTorch reads the request for huge pages when it is loaded.
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    environment |= {VARIABLE: "1"} if way == OURS else {}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True) as process:
        _answer(process)
        yield process


def _ask(worker: subprocess.Popen[str]) -> str:
    assert worker.stdin is not None
    print(file=worker.stdin, flush=True)
    return _answer(worker)


def _answer(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        sys.exit("epoch_time: a worker ended early; its message stands above")
    return line


@dataclass(frozen=True)
class Way:
    """A way to train: the same network on batches of its own."""

    trainer: Trainer
    batches: list[Indices]
    flush_denormal: bool
    precision: Precision

    def step(self, indices: Indices) -> int:
        """One step; the positions that it read."""
        batch = tensors_of(self.trainer.train, indices)
        self.trainer.step(batch, EpochTotals(1))
        return batch.ids.numel()

    def figures(self) -> Figures:
        """What is known before anything is timed."""
        rows = self.trainer.train.rows
        return Figures(
            precision=self.precision,
            torch=str(torch.__version__),
            cpu=str(torch.cpu.get_capabilities().get("cpu_name", "unknown")),
            rows=len(rows),
            batches=len(self.batches),
            positions=sum(len(batch) * max(len(rows[index]) for index in batch) for batch in self.batches),
        )


def work(way: Way, fraction: float) -> None:
    """Be one way's process: a line in, a share of the batches trained, a line out; at last the figures."""
    figures, count = way.figures(), max(TURNS, round(len(way.batches) * fraction))
    with cpu_settings(threads=1):
        torch.set_flush_denormal(way.flush_denormal)
        way.step(way.batches[-1])
        for turn in range(TURNS):
            _wait()
            _train(way, way.batches[count * turn // TURNS : count * (turn + 1) // TURNS], figures)
    _wait()
    scale = figures.positions / figures.timed_positions
    figures.seconds, figures.cpu_seconds = round(figures.seconds * scale, 2), round(figures.cpu_seconds * scale, 2)
    print(msgspec.json.encode(figures).decode(), flush=True)


def our_way(preset: Preset, data: RunData) -> Way:
    """As `tallygate train` does it."""
    precision = resolve_precision("auto")
    batches = shuffled_batches(data.train, preset.training.batch_size, seed=0, epoch=1)
    return Way(_trainer(preset, data, data.train, precision), batches, True, precision)


def reports_way(preset: Preset, data: RunData) -> Way:
    """Every text padded in front to the greatest length."""
    length, size = preset.text.max_length, preset.training.batch_size
    rows = [[PADDING] * (length - len(row)) + row for row in data.train.rows]
    order = np.random.default_rng(0).permutation(len(rows))
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    padded = EncodedSplit(rows, data.train.targets)
    return Way(_trainer(preset, data, padded, "float32"), batches, False, "float32")


def _trainer(preset: Preset, data: RunData, split: EncodedSplit, precision: Precision) -> Trainer:
    return Trainer(new_model(data.architecture(preset), 0), preset.training, split, len(data.labels), precision)


def _train(way: Way, batches: Sequence[Indices], figures: Figures) -> None:
    start, cpu_start = time.perf_counter(), time.process_time()
    figures.timed_positions += sum(map(way.step, batches))
    figures.timed_batches += len(batches)
    figures.seconds += time.perf_counter() - start
    figures.cpu_seconds += time.process_time() - cpu_start


def _wait() -> None:
    """Say that all is done so far, and wait for the next turn."""
    print(flush=True)
    sys.stdin.readline()


def _parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("TALLYGATE_IMDB"), help="IMDB (default: $TALLYGATE_IMDB)")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the batches to time (default: 1)")
    parser.add_argument("--out", default="epoch_time.json", help="JSON file to write")
    parser.add_argument("--worker", choices=[OURS, REPORT], help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if not 0 < arguments.fraction <= 1:
        parser.error("--fraction must be above 0 and at most 1")
    if not arguments.data_dir:
        parser.error("--data-dir or TALLYGATE_IMDB must name the IMDB data")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
