"""The part ``baselines``: every classifier on one split and one token stream, in one table."""

from __future__ import annotations

from pathlib import Path

from tallygate.train.study.context import StudyContext


def run(context: StudyContext, folder: Path) -> None:
    """Make the table into ``folder``."""
