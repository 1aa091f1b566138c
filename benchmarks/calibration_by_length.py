"""How honest a run's scores are on texts of each length: whole test texts, first sentences, first 10, 20 and 50 words.

    python benchmarks/calibration_by_length.py [RUN] [--rows N] [--floor K]

Temperatures are fitted on validation texts and crops of them, as ``tallygate train`` does, then asked of test texts.
RUN is the folder of a run, the shipped checkpoint by default; ``--floor`` pools its mean as if it had been trained with
that ``pooling_floor``, to see what the law makes of it. Prints the law and, per kind of text, the expected calibration
error (Guo et al. 2017, 15 bins) with one temperature and with temperatures by length.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import torch

from tallygate.runtime.text import Tokenizer
from tallygate.train.corpora import Split
from tallygate.train.folder import Checkpoint, load_checkpoint, shipped_checkpoint
from tallygate.train.loop import EncodedSplit, encode
from tallygate.train.scores import (
    answers_of,
    calibration_from_logits,
    evaluate,
    fit_temperature,
    fit_temperatures,
)

_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_WHOLE = 10_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", type=Path, default=shipped_checkpoint())
    parser.add_argument("--rows", type=int, default=_WHOLE, help="test texts, drawn by seed 0 (default: all)")
    parser.add_argument("--floor", type=int, help="pool by this floor instead of the network's own")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(arguments.run)
    if arguments.floor:
        architecture = msgspec.structs.replace(checkpoint.model.architecture, pooling_floor=arguments.floor)
        checkpoint.model.architecture = architecture
    corpus = checkpoint.data.load()
    validation = _encoded(checkpoint, corpus.validation)
    temperatures = fit_temperatures(checkpoint.model, validation)
    answers = answers_of(checkpoint.model, validation)
    one = fit_temperature(torch.from_numpy(answers.logits), torch.from_numpy(validation.targets))
    print(f"temperatures: {temperatures.law}; one for all: {one:.4g}\n")
    print("| texts | rows | right | error, one temperature | error, by length |\n| --- | --- | --- | --- | --- |")
    assert corpus.test is not None
    rows = np.random.default_rng(0).permutation(len(corpus.test))[: arguments.rows]
    for name, split in _kinds(checkpoint, corpus.test.take(sorted(rows.tolist()))):
        logits, lengths = evaluate(checkpoint.model, split), [len(row) for row in split.rows]
        single = calibration_from_logits(name, logits, split.targets, one).after
        found = calibration_from_logits(name, logits, split.targets, temperatures.of(lengths)).after
        right = sum(bin_.accuracy * bin_.rows for bin_ in found.bins) / len(lengths)
        print(f"| {name} | {len(lengths):,} | {right:.2%} | {single.error:.2%} | {found.error:.2%} |", flush=True)


def _kinds(checkpoint: Checkpoint, test: Split) -> Iterator[tuple[str, EncodedSplit]]:
    yield "whole", _encoded(checkpoint, test)
    first = [_SENTENCE_END.split(text.replace("<br />", " "), maxsplit=1)[0] for text in test.texts]
    yield "first sentence", _encoded(checkpoint, Split(first, test.labels))
    beginning = msgspec.structs.replace(checkpoint.text, keep="first")
    for words in (10, 20, 50):
        contract = msgspec.structs.replace(beginning, max_length=words)
        yield f"first {words} words", _encoded(checkpoint, test, Tokenizer(checkpoint.vocabulary, contract))


def _encoded(checkpoint: Checkpoint, split: Split, tokenizer: Tokenizer | None = None) -> EncodedSplit:
    places = {label: place for place, label in enumerate(checkpoint.labels)}
    reader = tokenizer or Tokenizer(checkpoint.vocabulary, checkpoint.text)
    return encode(split.texts, [places[label] for label in split.labels], reader)


if __name__ == "__main__":
    main()
