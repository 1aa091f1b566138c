"""The golden files as tests read them."""

from __future__ import annotations

import json
import struct
from typing import Any

from tests.shared.make import FOLDER


def shared(model: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{model}.json").read_text("ascii")))


def logits_of(row: dict[str, Any]) -> list[float]:
    return [struct.unpack(">d", bytes.fromhex(bits))[0] for bits in row["logits"]]
