"""A short, fixed piece of both fuzzers; docs/fuzzing.md tells of the long runs."""

from __future__ import annotations

import random
from copy import deepcopy
from itertools import count
from pathlib import Path

import pytest

from tests.fuzz.fuzz_bundle import damaged_zip
from tests.fuzz.fuzz_structure import run, write_case
from tests.fuzz.outcome import ENGINES, outcome
from tests.runtime.conftest import ToyBundle

CASES = 120


class RandomProvider:
    """What the byte fuzzer asks of atheris, from a seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.ConsumeIntInRange = self._rng.randint
        self.PickValueInList = self._rng.choice
        self.ConsumeBytes = self._rng.randbytes


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path / "cache"))


def test_well_formed_wrong_bundles_are_answered_or_refused_in_one_line() -> None:
    tally = run(iter(range(CASES)), seconds=600)
    assert tally.findings == []
    assert tally.cases == CASES
    kinds = {kind for kind, times in tally.outcomes.items() if times}
    for engine in ENGINES:
        assert {f"{engine}: answered", f"{engine}: BundleInvalidError", f"{engine}: GateError"} <= kinds


def test_damaged_bytes_are_answered_or_refused_in_one_line(tmp_path: Path) -> None:
    path, sound, seen = tmp_path / "case.zip", ToyBundle(), set()
    for seed in range(CASES):
        path.write_bytes(damaged_zip(deepcopy(sound), RandomProvider(seed)))
        seen |= {outcome(path, engine) for engine in ENGINES}
    assert "BundleInvalidError" in seen


def test_a_case_is_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert write_case(3, tmp_path / "a").read_bytes() == write_case(3, tmp_path / "b").read_bytes()


def test_whatever_else_is_raised_is_counted_as_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("tests.fuzz.fuzz_structure.outcome", fail)
    tally = run(count(), seconds=0)
    assert len(tally.findings) == len(ENGINES)
    assert "ZeroDivisionError" in tally.findings[0]
