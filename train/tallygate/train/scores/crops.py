"""Parts of texts: what a model is asked where its texts are all long and its users' are not."""

from __future__ import annotations

import numpy as np

from tallygate.train.loop import EncodedSplit

CROPS_PER_TEXT = 4
MOST_TEXTS = 5_000
"""Texts that are cropped, drawn from more: enough to tell temperatures to a hundredth."""


def crops_of(split: EncodedSplit, seed: int = 0) -> EncodedSplit:
    """``CROPS_PER_TEXT`` of each text, with its label; half of them are its beginning. The same split gives the same.

    Their lengths are spread evenly over orders of magnitude, from one token to the whole text.
    """
    rng = np.random.default_rng(seed)
    chosen = np.arange(len(split))
    if len(split) > MOST_TEXTS:
        chosen = np.sort(rng.choice(len(split), MOST_TEXTS, replace=False))
    rows = []
    for place in chosen.tolist():
        rows += [_crop(split.rows[place], rng, at_begin=number % 2 == 0) for number in range(CROPS_PER_TEXT)]
    return EncodedSplit(rows, np.repeat(split.targets[chosen], CROPS_PER_TEXT))


def _crop(row: list[int], rng: np.random.Generator, at_begin: bool) -> list[int]:
    length = min(int(np.exp(rng.uniform(0.0, np.log(len(row) + 1)))), len(row))
    start = 0 if at_begin else int(rng.integers(0, len(row) - length + 1))
    return row[start : start + length]
