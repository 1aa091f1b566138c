"""Do the copies agree? The same texts through every copy, and the parity gate, here and now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from tallygate.demo.copies import Copies, Copy
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import TallygateError
from tallygate.runtime.parity import (
    Comparison,
    GateReport,
    check_parity,
    gate_of,
    gate_temperatures,
    reference_from_bundle,
)
from tallygate.runtime.prediction import label_indices

TIMED_TEXTS = 16
REPETITIONS = 3


@dataclass(frozen=True)
class CopyAnswer:
    """What one copy answers."""

    copy: Copy
    size: int
    """Bytes of its graph."""
    limit: float
    """Largest logit difference that its gate allows; infinity where it is only reported."""
    provider: str = ""
    logits: NDArray[np.float32] | None = None
    """[texts, outputs]; ``None`` when it did not answer."""
    milliseconds: float = 0.0
    """Median from text to label, one text at a time."""
    fault: str = ""
    """Why it did not answer."""


@dataclass(frozen=True)
class Agreement:
    """All copies over the same texts."""

    texts: list[str]
    labels: list[str]
    baseline: CopyAnswer
    """The float32 copy that the others are compared with."""
    answers: list[CopyAnswer]
    temperatures: NDArray[np.float64]
    """[texts]: logits are divided by them, as their gates do."""

    def difference(self, answer: CopyAnswer) -> float:
        """Largest difference of any divided logit to the baseline; NaN when either did not answer."""
        if answer.logits is None or self.baseline.logits is None:
            return float("nan")
        return Comparison(self.baseline.logits, answer.logits, self.temperatures).max_difference

    def flips(self, answer: CopyAnswer) -> int:
        """Texts that the copy labels unlike the baseline."""
        if answer.logits is None or self.baseline.logits is None:
            return len(self.texts)
        return int((label_indices(answer.logits) != label_indices(self.baseline.logits)).sum())

    @property
    def agree(self) -> bool:
        """Whether every copy answered, within its gate and with the same labels."""
        return all(self.difference(a) <= a.limit and not self.flips(a) for a in self.answers)


def ask_every_copy(copies: Copies, texts: list[str]) -> Agreement:
    """Run ``texts`` through every copy."""
    answers = [_ask(copies, copy, texts) for copy in copies.all]
    baseline = answers[copies.all.index(copies.baseline)]
    tokenizer, manifest = copies.bundle.tokenizer(), copies.bundle.manifest
    temperatures = gate_temperatures(manifest).of([len(tokenizer.encode(text)) for text in texts])
    return Agreement(texts, list(manifest.labels), baseline, answers, temperatures)


def _ask(copies: Copies, copy: Copy, texts: list[str]) -> CopyAnswer:
    size, limit = copies.size(copy), gate_of(copy.precision).max_logit_difference
    try:
        classifier = copies.load(copy)
        logits = classifier.logits([classifier.tokenizer.encode(text) for text in texts])
    except TallygateError as error:
        return CopyAnswer(copy, size, limit, fault=str(error))
    milliseconds = 1000 * _seconds_per_text(classifier, texts[:TIMED_TEXTS])
    return CopyAnswer(copy, size, limit, classifier.engine.provider, logits, milliseconds)


def _seconds_per_text(classifier: Classifier, texts: list[str]) -> float:
    seconds = []
    for text in REPETITIONS * texts:
        start = perf_counter()
        classifier.predict(text)
        seconds.append(perf_counter() - start)
    return median(seconds)


def run_gates(copies: Copies) -> Iterator[tuple[Copy, GateReport | TallygateError]]:
    """Hold every copy to the parity gate, over the bundle's goldens and the hard grid; one verdict after another."""
    reference = reference_from_bundle(copies.bundle)
    for copy in copies.all:
        try:
            classifier = copies.load(copy)
        except TallygateError as error:
            yield copy, error
        else:
            yield copy, check_parity(classifier.engine, classifier.tokenizer, reference)
