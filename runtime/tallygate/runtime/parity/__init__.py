"""Whether a copy answers like the reference: limits, comparison, gate, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.parity.comparison import Comparison as Comparison
    from tallygate.runtime.parity.comparison import Logits as Logits
    from tallygate.runtime.parity.comparison import joined as joined
    from tallygate.runtime.parity.comparison import margins as margins
    from tallygate.runtime.parity.gate import MINIMUM_GOLDENS as MINIMUM_GOLDENS
    from tallygate.runtime.parity.gate import ParityResult as ParityResult
    from tallygate.runtime.parity.gate import Reference as Reference
    from tallygate.runtime.parity.gate import check_parity as check_parity
    from tallygate.runtime.parity.gate import described as described
    from tallygate.runtime.parity.gate import gate_temperatures as gate_temperatures
    from tallygate.runtime.parity.gate import labels_never_given as labels_never_given
    from tallygate.runtime.parity.gate import measure_parity as measure_parity
    from tallygate.runtime.parity.gate import reference_from_bundle as reference_from_bundle
    from tallygate.runtime.parity.gate import reference_from_goldens as reference_from_goldens
    from tallygate.runtime.parity.golden_check import check_goldens as check_goldens
    from tallygate.runtime.parity.limits import gate_of as gate_of
    from tallygate.runtime.parity.report import GateReport as GateReport
    from tallygate.runtime.parity.report import table_of_reports as table_of_reports
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "comparison": ("Comparison", "Logits", "joined", "margins"),
            "gate": (
                "MINIMUM_GOLDENS",
                "ParityResult",
                "Reference",
                "check_parity",
                "described",
                "gate_temperatures",
                "labels_never_given",
                "measure_parity",
                "reference_from_bundle",
                "reference_from_goldens",
            ),
            "golden_check": ("check_goldens",),
            "limits": ("gate_of",),
            "report": ("GateReport", "table_of_reports"),
        },
    )
