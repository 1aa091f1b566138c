"""One text as the model reads it: its words, what was cut off or is unknown, and the answer after each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from tallygate.demo.running import running
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.prediction import Prediction, label_indices
from tallygate.runtime.text import Splitter, Tokenizer

NO_WORD = "(no word)"
"""Stands for a text without any word, which the model reads as one unknown word."""


@dataclass(frozen=True)
class Words:
    """The words of a text."""

    kept: list[str]
    """What the model reads, never empty."""
    known: list[bool]
    """Whether the vocabulary holds the word."""
    cut: list[str]
    """Words beyond the longest text, which it does not read, in reading order."""
    keeps: str
    """``first`` or ``last``: the end that is kept."""


@dataclass(frozen=True)
class Reading:
    """The answer to one text, and how it came about."""

    words: Words
    prediction: Prediction
    running: NDArray[np.float64]
    """[words, labels]: calibrated probabilities after each word."""
    milliseconds: float
    """From text to label, for this text alone; the running answers are not counted."""
    anew: str = ""
    """Why the running answers are of beginnings that were read anew, where they are."""

    @property
    def focus(self) -> int:
        """Index of the label whose probability is drawn: the second of two, else the predicted one."""
        labels = list(self.prediction.probabilities)
        return 1 if len(labels) == 2 else labels.index(self.prediction.likeliest)

    @property
    def moves(self) -> NDArray[np.float64]:
        """[words]: how much each word changed the probability of the label in focus, from an even start."""
        focus = self.running[:, self.focus]
        return np.diff(focus, prepend=1 / self.running.shape[1])

    @property
    def turns(self) -> int:
        """How often the predicted label changed on the way."""
        return int((np.diff(self.running.argmax(axis=1)) != 0).sum())


def words_of(text: str, tokenizer: Tokenizer) -> Words:
    """Split ``text`` as ``tokenizer`` does, and say what becomes of each word."""
    kept, known = tokenizer.tokens(text), tokenizer.vocabulary.rows
    every = Splitter(tokenizer.contract.punctuation, tokenizer.contract.version).split(text)
    keeps_last = tokenizer.contract.keep == "last"
    cut = every[: len(every) - len(kept)] if keeps_last else every[len(kept) :]
    return Words(kept or [NO_WORD], [word in known for word in kept] or [False], cut, tokenizer.contract.keep)


def words_in(tokens: Sequence[str]) -> int:
    """How many of ``tokens`` are words, not punctuation marks; NO_WORD is none."""
    return sum(token != NO_WORD and any(character.isalnum() for character in token) for token in tokens)


def read(text: str, classifier: Classifier) -> Reading:
    """Classify ``text``, and then every beginning of it, with the same copy."""
    start = perf_counter()
    prediction = classifier.predict(text)
    milliseconds = 1000 * (perf_counter() - start)
    tokenizer = classifier.tokenizer
    found = running(tokenizer.tokens(text), tokenizer.encode(text), classifier)
    return Reading(words_of(text, tokenizer), prediction, found.answers, milliseconds, found.anew)


def labels_of(logits: NDArray[np.float32], labels: list[str]) -> list[str]:
    """[texts, outputs] -> the predicted label of each text."""
    return [labels[index] for index in label_indices(logits)]
