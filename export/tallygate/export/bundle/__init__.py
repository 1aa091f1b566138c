"""What goes into a bundle and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.export.bundle.files import bundle_files as bundle_files
    from tallygate.export.bundle.files import check_fits as check_fits
    from tallygate.export.bundle.ort_format import write_ort_files as write_ort_files
    from tallygate.export.bundle.rtx_plans import check_can_build as check_can_build
    from tallygate.export.bundle.rtx_plans import plan_files as plan_files
    from tallygate.export.bundle.writer import check_is_free as check_is_free
    from tallygate.export.bundle.writer import check_may_write as check_may_write
    from tallygate.export.bundle.writer import write_bundle as write_bundle
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "files": ("bundle_files", "check_fits"),
            "ort_format": ("write_ort_files",),
            "rtx_plans": ("check_can_build", "plan_files"),
            "writer": ("check_is_free", "check_may_write", "write_bundle"),
        },
    )
