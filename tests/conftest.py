"""What all tests share: the data set where it is there, and no silent skip of a test that has its data."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

IMDB = "TALLYGATE_IMDB"


@pytest.fixture(scope="session")
def imdb_dir() -> Path:
    """The folder of the IMDB data set."""
    if not os.environ.get(IMDB):
        pytest.skip(f"needs the IMDB data set: set {IMDB} to its folder")
    return Path(os.environ[IMDB])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail an ``imdb`` test that was skipped although its data is there."""
    report = yield
    if report.skipped and item.get_closest_marker("imdb") and os.environ.get(IMDB):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {IMDB} is set: {report.longrepr}"
    return report
