"""What tests of whole runs share: data of their own, no time spent on pictures, and the end of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tallygate.train.corpora import source as data_source
from tallygate.train.corpora.corpus import Corpus
from tallygate.train.run import finish as run_checkpoint
from tallygate.train.run import training as run_module


class KilledError(BaseException):
    """Stands for the end of the process: nothing in the project may catch it."""


@contextmanager
def short_runs(corpus: Callable[[], Corpus]) -> Iterator[pytest.MonkeyPatch]:
    """Meanwhile every run reads ``corpus`` whatever it asks for, and its pictures are empty files."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(data_source, "load_corpus", lambda *a, **k: corpus())
        monkeypatch.setattr(run_module, "draw_curve", lambda path, *a: path.touch())
        for draw in ("draw_confusion", "draw_reliability", "draw_coverage"):
            monkeypatch.setattr(run_checkpoint, draw, lambda path, *a: path.touch())
        yield monkeypatch
