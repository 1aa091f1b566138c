"""Threads of one native engine beside as many independent processes: texts per second, and peak memory of each.

    TALLYGATE_IMDB=FOLDER python benchmarks/native_threads.py build/integer.zip --threads 2

Both answer the same reviews in turn, by the wall's clock: one process all of them on so many threads, or so many
processes a share each, at the same time. The ratio is taken round by round, and its median counts. Memory is the
kernel's VmHWM of one process (so on Linux alone).
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy as np

from tallygate.runtime import Classifier
from tallygate.train.corpora import load_corpus

SEED = 7
PATIENCE_S = 600


@dataclass(frozen=True)
class Answering:
    """Processes that have loaded the bundle and wait for a word to answer their texts."""

    connections: list[Connection]

    def seconds(self) -> float:
        """Until all of them have answered."""
        start = time.perf_counter()
        for connection in self.connections:
            connection.send("answer")
        for connection in self.connections:
            _received(connection)
        return time.perf_counter() - start

    def peak_megabytes(self) -> float:
        """Of the largest one; they end."""
        for connection in self.connections:
            connection.send("end")
        return max(_received(connection) for connection in self.connections)


def main() -> None:
    """Measure and print."""
    arguments = _parse_args()
    test = load_corpus("imdb", data_dir=arguments.data_dir).test.texts
    texts = [test[place] for place in np.random.default_rng(SEED).permutation(len(test))[: arguments.reviews]]
    count = arguments.threads
    threads = _started(arguments.bundle, [texts], count)
    processes = _started(arguments.bundle, [texts[start::count] for start in range(count)], 1)
    together, apart = [], []
    for _ in range(arguments.rounds):
        together.append(threads.seconds())
        apart.append(processes.seconds())
    ratio = median(b / a for a, b in zip(together, apart, strict=True))
    print(f"{count} threads    {len(texts) / median(together):9,.0f} texts/s, peak {threads.peak_megabytes():.1f} MB")
    print(
        f"{count} processes  {len(texts) / median(apart):9,.0f} texts/s, peak {processes.peak_megabytes():.1f} MB each"
    )
    print(f"ratio        {ratio:9.2f}")


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="one that holds the integer variant")
    parser.add_argument("--data-dir")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reviews", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


def _started(bundle: Path, shares: Sequence[list[str]], threads: int) -> Answering:
    context, connections = get_context("spawn"), []
    for share in shares:
        ours, theirs = context.Pipe()
        context.Process(target=_answer, args=(bundle, threads, share, theirs), daemon=True).start()
        _received(ours)
        connections.append(ours)
    return Answering(connections)


def _answer(bundle: Path, threads: int, texts: list[str], connection: Connection) -> None:
    classifier = Classifier.load(bundle, engine="native", threads=threads)
    classifier.predict(texts)
    connection.send(0.0)
    while connection.recv() == "answer":
        classifier.predict(texts)
        connection.send(0.0)
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    connection.send(int(peak[1]) * 1024 / 1e6 if peak else float("nan"))


def _received(connection: Connection) -> float:
    if not connection.poll(PATIENCE_S):
        raise SystemExit("a process gave no answer")
    return float(connection.recv())


if __name__ == "__main__":
    main()
