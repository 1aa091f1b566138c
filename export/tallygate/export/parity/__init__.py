"""The parity report: findings, pictures, page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.export.parity.files import ParityRun as ParityRun
    from tallygate.export.parity.files import page_path as page_path
    from tallygate.export.parity.files import report_path as report_path
    from tallygate.export.parity.files import write_parity_report as write_parity_report
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "files": ("ParityRun", "page_path", "report_path", "write_parity_report"),
        },
    )
