"""Behavioural suites: what a model should do, asked case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.suite.cases import Case as Case
    from tallygate.runtime.suite.cases import PlacedCase as PlacedCase
    from tallygate.runtime.suite.cases import read_suite as read_suite
    from tallygate.runtime.suite.outcome import SURE as SURE
    from tallygate.runtime.suite.outcome import Outcome as Outcome
    from tallygate.runtime.suite.outcome import check_cases as check_cases
    from tallygate.runtime.suite.report import Bound as Bound
    from tallygate.runtime.suite.report import Count as Count
    from tallygate.runtime.suite.report import bound_from_text as bound_from_text
    from tallygate.runtime.suite.report import broken_bounds as broken_bounds
    from tallygate.runtime.suite.report import check_bounds as check_bounds
    from tallygate.runtime.suite.report import counts_of as counts_of
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "cases": ("Case", "PlacedCase", "read_suite"),
            "outcome": ("SURE", "Outcome", "check_cases"),
            "report": ("Bound", "Count", "bound_from_text", "broken_bounds", "check_bounds", "counts_of"),
        },
    )
