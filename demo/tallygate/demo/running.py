"""The answer after each word of a text: from a stream where the copy can read on, else from beginnings read anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import InputError
from tallygate.runtime.prediction import probabilities_from_logits
from tallygate.runtime.stream import Stream

BEGINNINGS = 512
"""Most beginnings of a text that are read anew; between them the curve is straight."""
STEPS = 100_000
"""Most words of all of them together, the longest text aside: a fifth of a second of one core."""


@dataclass(frozen=True)
class Running:
    """The answers to the beginnings of one text."""

    answers: NDArray[np.float64]
    """[words, labels]: calibrated probabilities after each word."""
    anew: str = ""
    """Why beginnings were read anew, and how many; empty where a stream read the text once."""


def running(words: Sequence[str], ids: list[int], classifier: Classifier) -> Running:
    """``words`` of one text, and the ``ids`` that they became, of which a text without words has one."""
    try:
        stream = classifier.stream()
    except InputError as error:
        # Where the bundle lies is no visitor's business.
        is_model = error.thing in ("this model", str(classifier.bundle.path))
        return _read_anew(ids, classifier, f"{'This model' if is_model else error.thing} {error.reason}")
    return _read_once(words, stream) or _read_anew(ids, classifier, "This text is split otherwise as it comes")


def _read_once(words: Sequence[str], stream: Stream) -> Running | None:
    """None where the stream splits the words again, as after a text contract that another Unicode goes by."""
    answers = []
    for count, word in enumerate(words or [""], 1):
        stream.push(f"{word} ")
        answer = stream.settled
        if answer.tokens != count:
            return None
        answers.append(list(answer.probabilities.values()))
    return Running(np.array(answers))


def _read_anew(ids: list[int], classifier: Classifier, reason: str) -> Running:
    lengths = beginnings_asked(len(ids))
    logits = classifier.logits([ids[:length] for length in lengths])
    probabilities = probabilities_from_logits(logits, classifier.bundle.manifest.temperatures.of(lengths))
    every = np.arange(1, len(ids) + 1)
    answers = np.stack([np.interp(every, lengths, column) for column in probabilities.T], axis=1)
    if len(lengths) == len(ids):
        return Running(answers, f"{reason}: each beginning was read anew")
    told = f"{len(lengths):,} of {len(ids):,} beginnings were read anew, and between them the curve is straight"
    return Running(answers, f"{reason}: {told}")


def beginnings_asked(words: int) -> list[int]:
    """Lengths, rising, the whole text among them."""
    most = max(2, min(BEGINNINGS, 2 * STEPS // (words + 1)))
    return [int(length) for length in np.unique(np.linspace(1, words, min(words, most)).astype(int))]
