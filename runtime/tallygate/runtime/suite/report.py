"""Failures by capability, and the bounds that they are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tallygate.runtime.errors import UsageError
from tallygate.runtime.suite.cases import ALL
from tallygate.runtime.suite.outcome import Outcome


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Of one capability, or of all."""

    capability: str
    kinds: str
    """Of its cases: ``mft``, ``inv``, ``dir``, with a comma between."""
    cases: int
    failed: int
    sure: int
    """Of the failed, those with a wrong label above :data:`tallygate.runtime.suite.SURE`."""

    @property
    def share(self) -> float:
        """Failed of all, 0 to 1."""
        return self.failed / self.cases


def counts_of(outcomes: Sequence[Outcome]) -> list[Count]:
    """By capability in the order of the cases, then of all together."""
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.placed.case.capability, []).append(outcome)
    return [*(_count(name, those) for name, those in by_name.items()), _count(ALL, outcomes)]


def _count(name: str, outcomes: Sequence[Outcome]) -> Count:
    kinds = dict.fromkeys(str(outcome.placed.case.__struct_config__.tag) for outcome in outcomes)
    failed, sure = (sum(getattr(outcome, field) for outcome in outcomes) for field in ("failed", "sure"))
    return Count(capability=name, kinds=", ".join(kinds), cases=len(outcomes), failed=failed, sure=sure)


@dataclass(frozen=True)
class Bound:
    """Most failures of a capability, or of all."""

    capability: str
    failures: int


def bound_from_text(given: str) -> Bound:
    """``12`` bounds all together, ``NAME=12`` one capability. Raises :class:`UsageError` for anything else."""
    name, equals, number = given.rpartition("=")
    if not (number.isascii() and number.isdigit() and len(number) <= 9) or (equals and not name):
        raise UsageError(f"--at-most {given}", "is no bound", "give a number, or CAPABILITY=NUMBER")
    return Bound(name or ALL, int(number))


def check_bounds(bounds: Sequence[Bound], capabilities: Sequence[str]) -> None:
    """Raise :class:`UsageError` for a bound of a capability that the suite does not have."""
    for bound in bounds:
        if bound.capability != ALL and bound.capability not in capabilities:
            known = ", ".join(list(dict.fromkeys(capabilities))[:10])
            reason = "names a capability that no case has"
            raise UsageError(f"--at-most {bound.capability}={bound.failures}", reason, f"name one of: {known}")


def broken_bounds(bounds: Sequence[Bound], counts: Sequence[Count]) -> list[str]:
    """A line for each bound that is passed. Of two bounds of one name the last counts."""
    failed = {count.capability: count.failed for count in counts} | {ALL: counts[-1].failed}
    last = {bound.capability: bound.failures for bound in bounds}
    return [
        f"{name}: {failed[name]:,} failures, at most {most:,}" for name, most in last.items() if failed[name] > most
    ]
