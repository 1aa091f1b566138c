"""Every engine of this machine on one bundle: parity, latency and throughput, as one JSON and one Markdown page.

Run it with ``make gpu-report`` where a GPU is. ``--rehearse`` runs it without one, to see that the page comes out.
Engines take turns in every round, so what disturbs the machine disturbs all of them; figures are medians over rounds.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from tabulate import tabulate

from tallygate.runtime.bundle import GPU_PRECISIONS, Bundle, open_bundle
from tallygate.runtime.engines import Engine, create_engine
from tallygate.runtime.errors import EngineUnavailableError, TallygateError
from tallygate.runtime.machine import cuda_state, gpu_or_error, library_states
from tallygate.runtime.outputs import write_json, write_text
from tallygate.runtime.parity import check_parity, reference_from_bundle
from tallygate.runtime.version import VERSION
from tallygate.train.folder import load_checkpoint, shipped_checkpoint

SHAPES = {"latency, 1 x 200": (1, 200), "throughput, 64 x 200": (64, 200), "throughput, 64 x 600": (64, 600)}
"""Rows and ids per row."""
Batch = tuple[NDArray[np.int64], NDArray[np.int64]]


class TorchEngine:
    """The shipped checkpoint in PyTorch, float32, on the GPU where there is one."""

    name = "pytorch"
    precision = "fp32"

    def __init__(self, compiled: bool) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if compiled and self._device.type == "cpu":
            raise EngineUnavailableError("pytorch, compiled", "is compared on a GPU alone", "run where a GPU is")
        model = load_checkpoint(shipped_checkpoint()).model.to(self._device).eval()
        self._model = torch.compile(model, dynamic=True) if compiled else model
        self.provider = f"{self._device.type}, {'compiled' if compiled else 'eager'}"

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]."""
        with torch.inference_mode():
            tensors = (torch.from_numpy(array).to(self._device) for array in (ids, lengths))
            logits: NDArray[np.float32] = self._model(*tensors).cpu().numpy()
        return logits


@dataclass
class Row:
    """One engine on one precision."""

    engine: str
    precision: str
    provider: str = ""
    problem: str = ""
    """Why it did not run here."""
    passed: bool | None = None
    failures: list[str] = field(default_factory=list)
    max_logit_difference: float | None = None
    label_flips: int | None = None
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """By shape, one run each."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write; 1 when a gate fails."""
    arguments = _parse(argv)
    try:
        if not arguments.rehearse:
            gpu_or_error("report", "run it where a GPU is, or with --rehearse")
        bundle = open_bundle(arguments.bundle)
        rows = _measured(bundle, arguments.rounds)
        _write(arguments.out, bundle, rows)
    except TallygateError as error:
        print(f"gpu_report: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{arguments.out}.md")
    return int(any(row.passed is False for row in rows))


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", nargs="?", help="a bundle with fp16 and bf16 variants (default: the shipped one)")
    parser.add_argument("--out", default="docs/results/gpu", help="path of the two files, without suffix")
    parser.add_argument("--rounds", type=int, default=50, help="runs per engine and shape")
    parser.add_argument("--rehearse", action="store_true", help="run without a GPU")
    return parser.parse_args(argv)


def _measured(bundle: Bundle, rounds: int) -> list[Row]:
    rows, engines = [], []
    for name, precision, create in _wanted(bundle):
        row = Row(name, precision)
        rows.append(row)
        try:
            engine = create()
            row.provider = engine.provider
            _gate(row, engine, bundle)
            engines.append((row, engine))
        except Exception as error:  # the page says of every engine what came of it
            row.problem = " ".join(str(error).split())
    _time(engines, bundle, rounds)
    return rows


def _wanted(bundle: Bundle) -> list[tuple[str, str, Callable[[], Engine]]]:
    pairs = [(name, precision) for name in ("tensorrt", "cuda") for precision in GPU_PRECISIONS[name]]
    pairs += [("onnxruntime", "fp32"), ("numpy", "fp32")]
    wanted: list[tuple[str, str, Callable[[], Engine]]] = [
        (name, precision, lambda name=name, precision=precision: create_engine(bundle, name, precision))  # type: ignore[misc]
        for name, precision in pairs
    ]
    return [
        *wanted,
        ("pytorch", "fp32", lambda: TorchEngine(compiled=False)),
        ("pytorch", "fp32", lambda: TorchEngine(compiled=True)),
    ]


def _gate(row: Row, engine: Engine, bundle: Bundle) -> None:
    report = check_parity(engine, bundle.tokenizer(), reference_from_bundle(bundle))
    row.passed, row.failures = report.passed, report.failures()
    if report.parity is not None:
        row.max_logit_difference = report.parity.max_logit_difference
        row.label_flips = report.parity.label_flips


def _time(engines: Sequence[tuple[Row, Engine]], bundle: Bundle, rounds: int) -> None:
    random = np.random.default_rng(0)
    for shape, (count, length) in SHAPES.items():
        length = min(length, bundle.manifest.text.max_length)
        ids = random.integers(2, bundle.manifest.vocabulary_rows, (count, length))
        batch: Batch = (ids, np.full(count, length, np.int64))
        for _, engine in engines:
            engine.run(*batch)
        for _ in range(rounds):
            for row, engine in engines:
                start = time.perf_counter()
                engine.run(*batch)
                row.seconds.setdefault(shape, []).append(time.perf_counter() - start)


def _write(out: str, bundle: Bundle, rows: Sequence[Row]) -> None:
    state = cuda_state()
    machine = {
        "gpus": [msgspec.to_builtins(gpu) for gpu in state.gpus],
        "driver": state.driver,
        "cpu": platform.processor() or platform.machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "libraries": {library.library: library.version for library in library_states()},
        "tallygate": VERSION,
        "bundle": bundle.sha256,
    }
    facts = {"machine": machine, "rows": [msgspec.to_builtins(row) for row in rows]}
    write_json(Path(f"{out}.json"), facts)
    write_text(Path(f"{out}.md"), _page(machine, rows))


def _page(machine: dict[str, object], rows: Sequence[Row]) -> str:
    names = ", ".join(gpu.name for gpu in cuda_state().gpus)
    title = f"On a GPU: {names}" if names else "A rehearsal without a GPU"
    headers = ["engine", "precision", "provider", "gate", "max logit difference", "flips", *SHAPES]
    table = tabulate([_cells(row) for row in rows], headers=headers, tablefmt="github", disable_numparse=True)
    missing = "".join(f"- {row.engine} {row.precision} did not run: {row.problem}\n" for row in rows if row.problem)
    failed = "".join(f"- {failure}\n" for row in rows for failure in row.failures)
    facts = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    return (
        f"# {title}\n\nMade by `make gpu-report`. Latency is the median of a run in milliseconds; throughput "
        f"is rows per second at the median. Copies to the GPU and back are in both.\n\n{table}\n\n{missing}{failed}\n"
        f"## Machine\n\n{facts}"
    )


def _cells(row: Row) -> list[str]:
    gate = {True: "passed", False: "FAILED", None: "-"}[row.passed]
    difference = "-" if row.max_logit_difference is None else f"{row.max_logit_difference:.1e}"
    flips = "-" if row.label_flips is None else str(row.label_flips)
    return [row.engine, row.precision, row.provider or "-", gate, difference, flips, *(_figure(row, s) for s in SHAPES)]


def _figure(row: Row, shape: str) -> str:
    if shape not in row.seconds:
        return "-"
    median = float(np.median(row.seconds[shape]))
    return f"{1000 * median:.2f} ms" if SHAPES[shape][0] == 1 else f"{SHAPES[shape][0] / median:,.0f}/s"


if __name__ == "__main__":
    sys.exit(main())
