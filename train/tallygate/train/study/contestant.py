"""What takes part in the comparison, and how all of them are chosen, scored and timed alike."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.bundle import Score
from tallygate.runtime.errors import TallygateError
from tallygate.runtime.text import Splitter
from tallygate.train.scores import score_from_labels
from tallygate.train.study.context import StudyContext
from tallygate.train.study.row import Family, Measured, Setting, Trial

Found = NDArray[np.int64]
"""[texts] position of each text's predicted label."""
Settings = dict[str, Setting]
_CHUNK = 5000
"""Texts that are predicted at once, so that memory does not grow with the test split."""


class NotHereError(TallygateError, RuntimeError):
    """A contestant cannot take part; its row says why."""


@dataclass(frozen=True)
class Size:
    """What a fitted classifier is made of."""

    parameters: int
    weight_bytes: int
    vocabulary_bytes: int


class Fitted(ABC):
    """A classifier after training."""

    train_seconds: float

    @abstractmethod
    def predict(self, texts: Sequence[list[str]]) -> Found:
        """Labels of texts, each given as its tokens."""

    @abstractmethod
    def size(self) -> Size:
        """What a deployment must store."""

    def learnt_settings(self) -> Settings:
        """What training itself chose on validation, such as the best epoch."""
        return {}


class Contestant(ABC):
    """A kind of classifier with the settings that validation chooses from."""

    name: str
    family: Family
    features: str

    @abstractmethod
    def candidates(self, context: StudyContext) -> list[Settings]:
        """What is tried, the simplest first: it wins a tie."""

    @abstractmethod
    def fit(self, context: StudyContext, settings: Settings) -> Fitted:
        """Train. Raises :class:`NotHereError` when this installation cannot."""


@dataclass(frozen=True)
class _Choice:
    settings: Settings
    fitted: Fitted
    score: Score


def measured(contestant: Contestant, context: StudyContext) -> Measured:
    """Fit every candidate, choose by validation, score the choice on test, once and timed."""
    best: _Choice | None = None
    trials = []
    for settings in contestant.candidates(context):
        fitted = contestant.fit(context, settings)
        score = _score(context, "validation", fitted.predict(context.tokens.validation))
        trials.append(Trial(settings=settings, validation_accuracy=score.accuracy))
        if best is None or score.accuracy > best.score.accuracy:
            best = _Choice(settings, fitted, score)
    assert best is not None
    return _final(context, best, trials)


def _final(context: StudyContext, choice: _Choice, trials: list[Trial]) -> Measured:
    found, seconds = _timed_test(context, choice.fitted)
    size = choice.fitted.size()
    return Measured(
        settings=choice.settings | choice.fitted.learnt_settings(),
        trials=trials,
        validation=choice.score,
        test=_score(context, "test", found),
        parameters=size.parameters,
        bytes=size.weight_bytes + size.vocabulary_bytes,
        weight_bytes=size.weight_bytes,
        vocabulary_bytes=size.vocabulary_bytes,
        train_seconds=round(choice.fitted.train_seconds, 3),
        texts_per_second=round(len(found) / seconds, 1),
    )


def _timed_test(context: StudyContext, fitted: Fitted) -> tuple[Found, float]:
    assert context.corpus.test is not None
    texts, splitter, found = context.corpus.test.texts, Splitter(), []
    start = time.process_time()
    for begin in range(0, len(texts), _CHUNK):
        found.append(fitted.predict([splitter.split(text) for text in texts[begin : begin + _CHUNK]]))
    return np.concatenate(found), time.process_time() - start


def _score(context: StudyContext, split: Literal["validation", "test"], found: Found) -> Score:
    return score_from_labels(found, context.targets[split], context.corpus.name, split)
