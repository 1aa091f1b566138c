"""What the doctor says: one finding per thing it looked at."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["ok", "absent", "warning", "problem"]
"""``absent`` is what could be installed and is not; only a ``problem`` is wrong."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing and its state."""

    topic: str
    """What was looked at: ``python``, ``processor``, ``onnxruntime``, ``gpu``, ``bundle``, ``commands``."""
    name: str
    status: Status
    text: str
    mend: str | None = None
    """What to do; ``None`` where nothing is to be done."""
