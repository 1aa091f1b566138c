"""fastText: averaged vectors of words and hashed bigrams, then linear (Joulin et al. 2017), by ``fasttext-wheel``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from tallygate.runtime.installation import pip_install
from tallygate.train.baselines import best_label, write_texts
from tallygate.train.study.contestant import Contestant, Fitted, Found, NotHereError, Settings, Size
from tallygate.train.study.context import StudyContext

_BROKEN = ("fasttext", "0.9.3")
"""With one thread it sets a tenth of its first weights and leaves the rest as the memory was (0.9.2: zero): the
result differs from run to run, or is NaN."""
_BUCKETS = 500_000
"""Rows that bigrams are hashed to; fewer where texts are few."""
_BUCKETS_PER_TEXT = 25


class FittedFastText(Fitted):
    """A model and where it was written."""

    def __init__(self, model: Any, file_bytes: int, commonest: int, train_seconds: float) -> None:  # noqa: ANN401
        self._model, self._file_bytes, self._commonest = model, file_bytes, commonest
        self.train_seconds = train_seconds

    def predict(self, texts: Sequence[list[str]]) -> Found:
        """Labels of texts, each given as its tokens; a text without a known word has the commonest label."""
        found = (best_label(self._model, tokens) for tokens in texts)
        return np.array([self._commonest if best is None else int(best) for best in found], dtype=np.int64)

    def size(self) -> Size:
        """Both matrices; what else the file holds is its dictionary."""
        numbers = self._model.get_input_matrix().size + self._model.get_output_matrix().size
        return Size(numbers, 4 * numbers, self._file_bytes - 4 * numbers)


class FastText(Contestant):
    """Skipped where the package is not installed."""

    name, family, features = "fastText", "n-grams", "1- and 2-grams"

    def candidates(self, context: StudyContext) -> list[Settings]:
        """How long it trains."""
        buckets = min(_BUCKETS, _BUCKETS_PER_TEXT * len(context.tokens.train))
        epochs = (5, 10) if len(context.tokens.train) >= 10_000 else (10, 50)
        return [{"epoch": count, "lr": 0.25, "dim": 10, "wordNgrams": 2, "bucket": buckets} for count in epochs]

    def fit(self, context: StudyContext, settings: Settings) -> FittedFastText:
        """Train through a temporary file, which is the only input that the package reads."""
        fasttext = _package()
        targets = context.targets["train"].tolist()
        with tempfile.TemporaryDirectory() as name:
            corpus, saved = Path(name, "train.txt"), Path(name, "model.bin")
            write_texts(corpus, targets, context.tokens.train, context.seed)
            start = time.process_time()
            model = fasttext.train_supervised(str(corpus), **settings, seed=context.seed, thread=1, verbose=0)
            seconds = time.process_time() - start
            model.save_model(str(saved))
            return FittedFastText(model, saved.stat().st_size, int(np.bincount(targets).argmax()), seconds)


def _package() -> Any:  # noqa: ANN401
    mend = f"run: {pip_install('fasttext')}"
    try:
        package = import_module("fasttext")
    except ImportError as error:
        raise NotHereError("fastText", "needs fasttext-wheel, which is not installed", mend) from error
    if _installed_version(_BROKEN[0]) == _BROKEN[1]:
        raise NotHereError("fastText", "fasttext 0.9.3 begins with memory that it never sets", f"remove it and {mend}")
    return package


def _installed_version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
