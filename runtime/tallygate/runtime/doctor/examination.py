"""All that the doctor looks at, in the order in which it tells it."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from tallygate.runtime.doctor.bundle import bundle_findings
from tallygate.runtime.doctor.finding import Finding
from tallygate.runtime.doctor.gpu import gpu_findings
from tallygate.runtime.doctor.software import (
    command_findings,
    native_findings,
    onnxruntime_findings,
    processor_findings,
    python_findings,
)


def examine(bundle: str | Path | None = None, sha256: str | None = None) -> list[Finding]:
    """Look at everything; ``bundle`` is the shipped one by default, and ``sha256`` pins it.

    Raises nothing for what it finds.
    """
    return list(
        chain(
            python_findings(),
            processor_findings(),
            native_findings(),
            onnxruntime_findings(),
            gpu_findings(),
            bundle_findings(bundle, sha256),
            command_findings(),
        )
    )
