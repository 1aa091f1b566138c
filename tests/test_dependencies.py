"""Dependencies: each has a floor and a bound above, and what the gate runs lies between them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
PINS = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in CONSTRAINTS[1:])}
NOT_RUN_BY_THE_GATE = {"tensorrt-cu13"}
"""It comes from NVIDIA's own index."""


def requirements() -> Iterator[Requirement]:
    for line in [*PROJECT["dependencies"], *(x for extra in PROJECT["optional-dependencies"].values() for x in extra)]:
        requirement = Requirement(line)
        if requirement.name != PROJECT["name"]:
            yield requirement


@pytest.mark.parametrize("requirement", [*requirements()], ids=str)
def test_a_dependency_has_a_floor_and_a_bound_above_and_a_pin_between_them(requirement: Requirement) -> None:
    assert sorted(part.operator for part in requirement.specifier) == ["<", ">="]
    bound = next(part.version for part in requirement.specifier if part.operator == "<")
    assert re.fullmatch(r"\d+", bound), "the bound is a major version"
    if requirement.name not in NOT_RUN_BY_THE_GATE:
        assert Version(PINS[canonicalize_name(requirement.name)]) in requirement.specifier


def test_a_dependency_that_two_extras_name_has_one_floor() -> None:
    found: dict[str, set[str]] = {}
    for requirement in requirements():
        found.setdefault(requirement.name, set()).add(str(requirement.specifier))
    assert {name: ranges for name, ranges in found.items() if len(ranges) > 1} == {}


def test_pins_are_exact_and_sorted() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line) for line in CONSTRAINTS[1:])
    assert CONSTRAINTS[1:] == sorted(CONSTRAINTS[1:], key=str.lower)


def test_the_workflow_runs_actions_of_one_commit() -> None:
    used = [
        line.partition("uses:")[2].strip()
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
        for line in path.read_text("utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)] == []
