"""A small preset and a run of it that nothing interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.train.run.small_run import PRESET, begin, small_corpus
from tests.train.short_runs import short_runs


@pytest.fixture(scope="module")
def small_data() -> Iterator[None]:
    """Every run reads a small corpus and draws nothing."""
    with short_runs(small_corpus):
        yield


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("preset") / "small.toml"
    path.write_text(PRESET)
    return str(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, preset: str, small_data: None) -> Path:
    """A run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    begin(preset, out)
    return out
