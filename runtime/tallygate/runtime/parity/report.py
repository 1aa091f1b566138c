"""What the parity gate says: one figure and one limit per check."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tallygate.runtime.bundle import Parity
from tallygate.runtime.engines import copy_name
from tallygate.runtime.terminal import table


class GateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check of a gate."""

    name: str
    """What was measured."""
    figure: float
    limit: float | None
    """``None`` where the figure is only reported."""
    at_least: bool = False
    """Whether the limit is the least figure that passes; else it is the largest."""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the figure is within its limit; NaN never is."""
        if self.limit is None:
            return True
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        if self.limit is None:
            return f"{self.name} {self.figure:.4g} (reported only)"
        wrong = "below" if self.at_least else "above"
        right = "at least" if self.at_least else "at most"
        note = f" ({self.note})" if self.note else ""
        return f"{self.name} {self.figure:.4g}, {right if self.passed else wrong} {self.limit:g}{note}"


class GateReport(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one variant on one engine."""

    precision: str
    engine: str
    provider: str
    checks: list[GateCheck]
    parity: Parity | None
    """Figures for the manifest; ``None`` where the engine did not answer."""

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def figure(self, name: str) -> float:
        """The figure of one check, by its name."""
        return next(check.figure for check in self.checks if check.name == name)

    def failures(self) -> list[str]:
        """One line per failed check, naming variant, engine, the C core's kernel, figure and limit."""
        name = copy_name(self.precision, self.engine, self.provider)
        return [f"{name}: {check}" for check in self.checks if not check.passed]


def table_of_reports(reports: Sequence[GateReport]) -> str:
    """One line per variant and engine, for people."""
    headers = ["variant", "engine", "provider", "texts", "max logit difference", "row difference", "flips", "gate"]
    return table([_table_row(report) for report in reports], headers)


def _table_row(report: GateReport) -> tuple[str, ...]:
    verdict = "passed" if report.passed else "FAILED"
    head = (report.precision, report.engine, report.provider)
    if (parity := report.parity) is None:
        return (*head, "-", "-", "-", "-", verdict)
    differences = (f"{parity.max_logit_difference:.1e}", f"{parity.max_row_difference:.1e}")
    return (*head, f"{parity.rows:,}", *differences, str(parity.label_flips), verdict)
