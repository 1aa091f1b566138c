"""The gate itself: what it must not skip, what it leaves to the proofs, and that nothing in it is drawn by chance."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CACHE, DATA_SETS, REQUIRE_DATA

ROOT = Path(__file__).parent.parent
SAMPLE = """
import os
import pytest
from hypothesis import given, strategies as st

@pytest.mark.imdb
def test_marked(): pytest.skip("for another reason")

def test_asking(trec_dir): pass

@pytest.mark.slow
def test_slow(): pass

def test_cache(): print("CACHE", os.environ["TALLYGATE_CACHE"])

@given(st.integers(0, 2**40))
def test_drawn(number): print("DRAWN", number); assert number < 3000
"""


def run(folder: Path, *options: str, **variables: str) -> str:
    """What pytest says of the sample, under this project's own settings."""
    (folder / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    data = {*DATA_SETS.values(), REQUIRE_DATA, CACHE, "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"}
    kept = {name: value for name, value in os.environ.items() if name not in data}
    settings = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(folder),
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
    ]
    command = [sys.executable, "-m", "pytest", *settings, "-s", "-v", *options, str(folder / "test_sample.py")]
    done = subprocess.run(
        command, env=kept | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))} | variables, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_without_data_and_without_a_wish_tests_skip_with_a_reason(tmp_path: Path) -> None:
    said = run(tmp_path, "-k", "not drawn")
    assert "1 passed, 3 skipped" in said
    assert "needs the data set trec: set TALLYGATE_TREC to its folder" in said
    assert "takes long: make proofs, or pytest --slow" in said


def test_a_test_whose_data_is_there_is_never_skipped(tmp_path: Path) -> None:
    said = run(tmp_path, "-k", "marked or asking", TALLYGATE_IMDB=str(tmp_path), TALLYGATE_TREC=str(tmp_path))
    assert "test_marked was skipped although imdb is there" in said
    assert "1 failed, 1 passed" in said
    said = run(tmp_path, "-k", "marked or asking", TALLYGATE_REQUIRE_DATA="imdb trec")
    assert "test_asking was skipped although trec is there" in said
    assert "1 failed" in said
    assert "1 error" in said


def test_data_that_is_named_and_not_there_is_a_failure(tmp_path: Path) -> None:
    said = run(tmp_path, "-k", "asking", TALLYGATE_TREC=str(tmp_path / "none"))
    assert "there is no such folder" in said
    assert "1 error" in said


def test_what_takes_long_runs_where_it_is_asked_for(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, "-k", "test_slow", "--slow")


def test_the_users_cache_is_left_alone(tmp_path: Path) -> None:
    said = run(tmp_path, "-k", "cache", TALLYGATE_CACHE="/home/somebody")
    assert "CACHE " in said
    assert "/home/somebody" not in said


def test_the_gate_draws_the_same_each_time_and_the_proofs_anew_and_keep_what_they_find(tmp_path: Path) -> None:
    drawn = [[line for line in run(tmp_path, "-k", "drawn").splitlines() if "DRAWN" in line] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) > 5
    said = run(tmp_path, "-k", "drawn", "--hypothesis-profile=proofs", TALLYGATE_EXAMPLES=str(tmp_path / "examples"))
    assert [line for line in said.splitlines() if "DRAWN" in line] != drawn[0]
    assert "as @example(...) over the test" in said
    assert any((tmp_path / "examples").iterdir())


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_gate_tells_every_data_set_and_each_has_its_marker(name: str) -> None:
    assert name in (ROOT / ".ci" / "run").read_text("utf-8").split("for name in ")[1].split(";")[0].split()
    assert f'"{name}: ' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert DATA_SETS[name] == f"TALLYGATE_{name.upper()}"
