"""The parts of a study by name, in the order in which they are made. A part writes into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tallygate.train.study import baselines
from tallygate.train.study.context import StudyContext

Part = Callable[[StudyContext, Path], None]

PARTS: Mapping[str, Part] = {
    "baselines": baselines.run,
}
