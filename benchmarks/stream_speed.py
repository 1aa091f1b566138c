"""Ten thousand texts that come in pieces, in one process: memory per stream, and words per second beside whole texts.

    tallygate export imdb --variants fp32,integer --out build/integer.zip
    taskset -c 0 python benchmarks/stream_speed.py build/integer.zip --out build/stream_speed.json

Texts are random words of the bundle's own vocabulary. Every round reads all texts to their end, once by whole texts and
once by pieces of each size; rounds are interleaved, and medians count. Memory is what the process grew by when the
streams were opened and had read a word. `--clock cpu` counts the processor's time instead of the wall's, for a machine
that others use too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from tabulate import tabulate

from tallygate.runtime import Classifier, StreamBatch
from tallygate.runtime.outputs import write_bytes

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
PIECES = (1, 4, 16, 64)
"""Words of a piece."""


@dataclass(frozen=True)
class Rate:
    """What one way of reading takes."""

    way: str
    words_per_second: float
    microseconds_per_call: float
    """Of one piece of one stream, or of one whole text."""


def main() -> None:
    """See the head of this file."""
    options = _options()
    classifier = Classifier.load(options.bundle, options.engine, "integer")
    texts = random_texts(sorted(classifier.tokenizer.vocabulary.rows), options.streams, options.words)
    first = read_once(classifier, options.streams)  # takes what memory the process had to spare
    before = resident_bytes()
    batch = read_once(classifier, options.streams)
    memory = (resident_bytes() - before) / options.streams
    del first
    clock = CLOCKS[options.clock]
    rates = [*measured(classifier, texts, options.rounds, clock), *alone(classifier, texts[0], clock)]
    print(f"{options.streams:,} streams on {classifier.engine.provider}: {memory:,.0f} bytes each in memory, ")
    print(f"{batch.state_size:,} bytes each when saved; texts of {options.words} words, {options.clock} clock\n")
    rows = [(rate.way, f"{rate.words_per_second:,.0f}", f"{rate.microseconds_per_call:,.2f}") for rate in rates]
    print(
        tabulate(rows, ["way", "words/s", "us per piece"], disable_numparse=True, colalign=("left", "right", "right"))
    )
    if options.out:
        facts = {"streams": options.streams, "kernel": classifier.engine.provider, "bytes_in_memory": memory}
        result = facts | {"bytes_saved": batch.state_size, "rates": [asdict(rate) for rate in rates]}
        write_bytes(options.out, msgspec.json.format(msgspec.json.encode(result)) + b"\n")


def read_once(classifier: Classifier, count: int) -> StreamBatch:
    """Streams that have read a word."""
    batch = classifier.streams(count)
    batch.push(dict.fromkeys(range(count), "word "))
    return batch


def random_texts(words: Sequence[str], count: int, length: int) -> list[list[str]]:
    """Texts of ``length`` words."""
    chosen = np.random.default_rng(0).integers(0, len(words), (count, length))
    return [[words[place] for place in row] for row in chosen.tolist()]


def resident_bytes() -> int:
    """Memory of this process that is in use now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


def measured(classifier: Classifier, texts: list[list[str]], rounds: int, clock: Callable[[], float]) -> list[Rate]:
    """Whole texts, then each size of pieces; the answer to all texts once, at their end."""
    whole = [" ".join(text) for text in texts]
    ways: dict[str, Callable[[], object]] = {"whole texts": lambda: classifier.predict(whole)}
    calls = {"whole texts": len(texts)}
    for size in PIECES:
        pushes = pieces_of(texts, size)
        name = f"pieces of {size} words" if size > 1 else "pieces of one word"
        ways[name], calls[name] = (lambda p=pushes: by_pieces(classifier, p)), len(texts) * len(pushes)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = clock()
            way()
            times[name].append(clock() - start)
    words = sum(map(len, texts))
    return [Rate(name, words / median(took), 1e6 * median(took) / calls[name]) for name, took in times.items()]


def pieces_of(texts: list[list[str]], size: int) -> list[dict[int, str]]:
    """A push of all streams for each ``size`` words."""
    starts = range(0, len(texts[0]), size)
    return [{number: " ".join(text[at : at + size]) + " " for number, text in enumerate(texts)} for at in starts]


def by_pieces(classifier: Classifier, pushes: list[dict[int, str]]) -> None:
    """New streams, all pushes, all answers."""
    batch = classifier.streams(len(pushes[0]))
    for pieces in pushes:
        batch.push(pieces)
    batch.predictions()


def alone(classifier: Classifier, text: list[str], clock: Callable[[], float]) -> list[Rate]:
    """One stream word by word, without answers and with one after each word."""
    rates = []
    for name, asks in (("one stream, word by word", False), ("the same, and its answer to each", True)):
        times = []
        for _ in range(50):
            stream, start = classifier.stream(), clock()
            for word in text:
                stream.push(f"{word} ")
                if asks:
                    _ = stream.prediction
            times.append((clock() - start) / len(text))
        rates.append(Rate(name, 1 / median(times), 1e6 * median(times)))
    return rates


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--engine", default="native")
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
