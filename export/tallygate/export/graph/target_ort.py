"""Which graph an onnxruntime can read: the newest opset, and with it the IR version, by release."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tallygate.runtime.errors import UsageError

NEWEST_OPSET = {
    (1, 15): 18, (1, 16): 19, (1, 17): 20, (1, 18): 21, (1, 19): 21, (1, 20): 21, (1, 21): 22, (1, 22): 22, (1, 23): 23,
}  # fmt: skip
"""By release: the newest opset in which it loaded and ran the fp32 and int8 graphs, with the IR version that the opset
came with; 1.23 stands for all that came after it. Measured with each release's last wheel, because releases do not run
all that they claim: 1.15 reads opset 19 and has no kernels for some of it."""
INT4_RELEASE = (1, 19)
"""The first release that dequantizes 4-bit integers."""


@dataclass(frozen=True)
class TargetOrt:
    """The onnxruntime that a bundle is made for."""

    release: tuple[int, int]

    @property
    def opset(self) -> int:
        """The newest opset that it reads."""
        return NEWEST_OPSET[min(self.release, max(NEWEST_OPSET))]

    def check_variants(self, variants: Iterable[str]) -> None:
        """Raise :class:`UsageError` for a variant that it cannot run."""
        if "int4" in variants and self.release < INT4_RELEASE:
            reason = f"needs onnxruntime {_shown(INT4_RELEASE)}, and --target-ort asks for {_shown(self.release)}"
            raise UsageError("variant int4", reason, "leave int4 out, or name a newer --target-ort")

    def __str__(self) -> str:
        return f"onnxruntime {_shown(self.release)}"


def target_from_version(version: str) -> TargetOrt:
    """``1.20`` or ``1.20.1`` -> the target. Raises :class:`UsageError` for anything else and for older releases."""
    match = re.fullmatch(r"(\d{1,4})\.(\d{1,4})(\.\d{1,4})?", version)
    if match is None:
        raise UsageError(f"--target-ort {version}", "is no version of onnxruntime", "write it as in 1.20")
    release = int(match[1]), int(match[2])
    oldest = min(NEWEST_OPSET)
    if release < oldest or release[0] > oldest[0]:
        mend = f"choose {_shown(oldest)} or a newer 1.x"
        raise UsageError(f"--target-ort {version}", "cannot be written for", mend)
    return TargetOrt(release)


def _shown(release: tuple[int, int]) -> str:
    return "{}.{}".format(*release)
