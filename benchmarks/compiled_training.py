"""Training steps with `torch.compile` against the same steps without, in turn, in one run, on one thread.

    python benchmarks/compiled_training.py --data mini --preset tiny
    python benchmarks/compiled_training.py --data imdb --data-dir DIR --preset seed --steps 200

The LSTM op stays as it is and the parts around it are compiled, for batches of any length (`--whole` compiles
the LSTM as well, and may take many minutes for the first batch). Both trainers begin with the same weights and see the
same batches. A step is all that `tallygate train` does for a batch.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tabulate import tabulate

from tallygate.train.corpora import DataSource
from tallygate.train.loop import EpochTotals, Indices, Trainer, new_model, shuffled_batches, tensors_of
from tallygate.train.network import LSTM, Device, cpu_settings, resolve_device, resolve_precision, torch_device
from tallygate.train.presets import Preset, load_preset
from tallygate.train.run import RunData, run_data_from_corpus

WARM = 30
"""Steps in which compilation may still happen; they count for the total alone."""


def main() -> None:
    """Measure and print."""
    arguments = _parse_args()
    preset = load_preset(arguments.preset)
    data = run_data_from_corpus(DataSource(data=arguments.data, data_dir=arguments.data_dir).load(), preset)
    device = resolve_device(arguments.device)
    with cpu_settings(threads=1):
        plain, compiled = _trainer(preset, data, device), _trainer(preset, data, device)
        _compile(compiled, arguments.whole)
        batches = shuffled_batches(data.train, preset.training.batch_size, seed=0, epoch=1)[: arguments.steps]
        seconds = _seconds((plain, compiled), batches)
    print(_table(seconds))
    print(
        f"\n{len(batches)} steps on {device}; largest difference between the weights: {_difference(plain, compiled):g}"
    )


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mini")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--steps", type=int, help="at most so many (default: an epoch)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--whole", action="store_true", help="compile the LSTM, too")
    return parser.parse_args()


def _trainer(preset: Preset, data: RunData, device: Device) -> Trainer:
    model = new_model(data.architecture(preset), 0).to(torch_device(device))
    precision = resolve_precision(preset.training.precision, device)
    return Trainer(model, preset.training, data.train, len(data.labels), precision)


def _compile(trainer: Trainer, whole: bool) -> None:
    if not whole:
        for module in trainer.model.modules():
            if isinstance(module, LSTM):
                module.forward = torch.compiler.disable(module.forward)  # type: ignore[method-assign,no-untyped-call]
    trainer.model.compile(dynamic=True)


def _seconds(trainers: Sequence[Trainer], batches: Sequence[Indices]) -> NDArray[np.float64]:
    """[step, trainer]; who begins changes from step to step."""
    seconds = np.empty((len(batches), len(trainers)))
    for step, indices in enumerate(batches):
        batch = tensors_of(trainers[0].train, indices).to(trainers[0].device)
        for place in range(len(trainers))[:: 1 if step % 2 else -1]:
            start = time.perf_counter()
            trainers[place].step(batch, EpochTotals(1))  # reads the loss, so it waits for the device
            seconds[step, place] = time.perf_counter() - start
    return seconds


def _table(seconds: NDArray[np.float64]) -> str:
    warm = seconds[WARM:]
    rows = [
        ["all steps, s", *seconds.sum(axis=0), seconds[:, 0].sum() / seconds[:, 1].sum()],
        [
            f"a step after the first {WARM}, median ms",
            *1000 * np.median(warm, axis=0),
            np.median(warm[:, 0] / warm[:, 1]),
        ],
    ]
    return tabulate(rows, ["", "as it is", "compiled", "times as fast"], floatfmt=".3f")


def _difference(one: Trainer, other: Trainer) -> float:
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


if __name__ == "__main__":
    main()
