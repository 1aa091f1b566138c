"""What all tests share: data sets where they are there, no skip of a test that could have run, nothing left to chance.

A gate that sometimes fails is not believed when it does. So hypothesis draws the same examples each time and tests run
in the order of the files (``make proofs`` draws anew and shuffles), and nothing reads or writes the user's cache.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.browser import chromium

__all__ = ["chromium"]

ROOT = Path(__file__).parent.parent
DATA_SETS = {"imdb": "TALLYGATE_IMDB", "trec": "TALLYGATE_TREC"}
"""Marker of the tests that need a data set, and the variable that names its folder."""
REQUIRE_DATA = "TALLYGATE_REQUIRE_DATA"
"""Data sets (markers, separated by spaces) whose tests must not be skipped for want of data."""
CACHE = "TALLYGATE_CACHE"
EXAMPLES = "TALLYGATE_EXAMPLES"
"""Where what the proofs find is kept; by default .hypothesis/examples of the checkout."""
KEEP = "Write the arguments above as @example(...) over the test, so that the gate asks for them from now on."

# No deadline and no too_slow: how long a draw takes is the machine's affair.
settings.register_profile(
    "gate", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "proofs",
    derandomize=False,  # a library default that CI turns on
    max_examples=500,
    deadline=None,
    database=DirectoryBasedExampleDatabase(os.environ.get(EXAMPLES) or ROOT / ".hypothesis" / "examples"),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("gate")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background deaf to interrupts, and programs that tests start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # As under nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run what takes long, too (make proofs)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes long: make proofs, or pytest --slow"))


@pytest.fixture(autouse=True, scope="session")
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's cache is neither read nor written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE, str(tmp_path_factory.mktemp("cache")))
        yield


def data_folder(name: str) -> Path:
    """Where the variable of the data set says that it is; skips where it says nothing."""
    variable = DATA_SETS[name]
    if not os.environ.get(variable):
        pytest.skip(f"needs the data set {name}: set {variable} to its folder")
    folder = Path(os.environ[variable])
    assert folder.is_dir(), f"{variable}={folder}: there is no such folder"
    return folder


@pytest.fixture(scope="session")
def imdb_dir() -> Path:
    """The folder of the IMDB data set."""
    return data_folder("imdb")


@pytest.fixture(scope="session")
def trec_dir() -> Path:
    """The folder of the TREC question data set, ``TREC.train`` and ``TREC.test`` as they are handed out."""
    return data_folder("trec")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped although its data is there, and say how a find of hypothesis is kept."""
    report = yield
    if report.skipped and (there := _data_of(item)) and not _is_left_out(item):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {there} is there: {report.longrepr}"
    elif report.failed and is_hypothesis_test(getattr(item, "obj", None)):
        report.sections.append(("what hypothesis found", KEEP))
    return report


def _data_of(item: pytest.Item) -> str:
    """The data sets that the test asks for and that are there, by variable or by promise."""
    promised = os.environ.get(REQUIRE_DATA, "").split()
    fixtures = getattr(item, "fixturenames", ())
    asked = [name for name in DATA_SETS if item.get_closest_marker(name) or f"{name}_dir" in fixtures]
    return " and ".join(name for name in asked if name in promised or os.environ.get(DATA_SETS[name]))


def _is_left_out(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("slow")) and not item.config.getoption("--slow")
