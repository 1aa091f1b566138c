"""What words and n-grams beside the LSTM cost the C core: texts per second of both against the LSTM alone.

    python benchmarks/ngram_speed.py [--longest 3] [--slots 32768] [--outputs 1] [--hidden 100] [--rounds 7]

Images with random weights of the shipped model's size (5,000 rows of 32, one layer), one without and one with n-grams,
on every kernel, in turn, by the process's own time, since others may use the machine. Texts are random ids drawn by
Zipf's law, 230 tokens as in a review, 64 texts a call, and one alone. Most of their n-grams are known.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from numpy.typing import NDArray

from tallygate.export.image import Formats, ImageContents, image_from, integer_from_weights
from tallygate.runtime.engines.integer import NativeEngine, native_engines
from tallygate.runtime.engines.plain import DirectionWeights, Weights
from tallygate.runtime.ngrams import HASHES, NgramShape, NgramTables, columns_of, hashes, slots_of
from tallygate.runtime.text import TextContract, Vocabulary

ROWS, INPUTS, TOKENS, TEXTS = 5_000, 32, 230, 64


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("longest", 3), ("slots", 32_768), ("outputs", 1), ("hidden", 100), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    a = parser.parse_args()
    rng = np.random.default_rng(0)
    ids = np.minimum(rng.zipf(1.2, TEXTS * TOKENS) + 1, ROWS - 1).astype(np.int64)
    ngrams = _ngrams(a.longest, a.slots, a.outputs, ids.reshape(TEXTS, TOKENS))
    images = [_image(a.hidden, a.outputs, found) for found in (None, ngrams)]
    print("| kernel | 64 texts: LSTM alone, texts/s | with n-grams | ratio | one text: ratio |\n| - | - | - | - | - |")
    for both in zip(*map(native_engines, images), strict=True):
        many = _rates(both, ids, np.full(TEXTS, TOKENS), a.rounds)
        one = _rates(both, ids[:TOKENS], np.array([TOKENS]), a.rounds)
        print(
            f"| {both[0].kernel} | {many[0]:,.0f} | {many[1]:,.0f} | {many[1] / many[0]:.2f} | {one[1] / one[0]:.2f} |"
        )


def _rates(
    engines: tuple[NativeEngine, ...], ids: NDArray[np.int64], lengths: NDArray[np.int64], rounds: int
) -> list[float]:
    """Texts per second of the process's time, of each engine: the median of rounds in turn."""
    found: list[list[float]] = [[] for _ in engines]
    for engine in engines:
        engine.exact_logits(ids, lengths)
    for _ in range(rounds):
        for place, engine in enumerate(engines):
            found[place].append(_rate(lambda engine=engine: engine.exact_logits(ids, lengths), len(lengths)))  # type: ignore[misc]
    return [median(rates) for rates in found]


def _rate(call: Callable[[], object], texts: int) -> float:
    start, calls = time.process_time(), 0
    while (spent := time.process_time() - start) < 0.2:
        call()
        calls += 1
    return calls * texts / spent


def _image(hidden: int, outputs: int, ngrams: NgramTables | None) -> bytes:
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    direction = DirectionWeights(
        normal(4 * hidden, INPUTS) / np.float32(INPUTS**0.5),
        normal(4 * hidden, hidden) / np.float32(hidden**0.5),
        normal(4 * hidden),
    )
    weights = Weights(
        embedding=normal(ROWS, INPUTS),
        layers=[[direction]],
        head_weight=normal(outputs, hidden),
        head_bias=normal(outputs),
        pooling="mean",
        ngrams=ngrams,
    )
    contract = TextContract(max_length=400, keep="last", punctuation="", version=2)
    labels = ["no", "yes"] if outputs == 1 else [f"label {place:03}" for place in range(outputs)]
    model = integer_from_weights(weights, Formats(9, 11))
    return image_from(ImageContents(model, Vocabulary({}, ROWS), contract, labels, np.ones(1), []))


def _ngrams(longest: int, slots: int, outputs: int, ids: NDArray[np.int64]) -> NgramTables:
    """Random tables whose slots hold n-grams of the texts themselves, so that far more are known than of real ones."""
    rng = np.random.default_rng(1)
    factors = tuple(tuple(int(factor) | 1 for factor in rng.integers(1, 2**42, longest)) for _ in range(HASHES))
    shape = NgramShape(longest=longest, slots=slots, buckets=max(slots // 4, 1), factors=factors)
    displacements, fingerprints = rng.integers(0, 65_536, shape.buckets), rng.integers(0, 65_536, slots)
    found = hashes(columns_of(ids, np.full(len(ids), ids.shape[1]), longest, ROWS), shape)
    fingerprints[slots_of(found, displacements, shape)] = found[2] >> 8
    return NgramTables(
        shape=shape,
        words=ROWS,
        codes=np.concatenate([np.zeros((1, outputs)), rng.integers(-127, 128, (ROWS + slots - 1, outputs))]).astype(
            np.int8
        ),
        scales=np.full(outputs, 0.01, np.float32),
        displacements=displacements,
        fingerprints=fingerprints,
    )


if __name__ == "__main__":
    main()
