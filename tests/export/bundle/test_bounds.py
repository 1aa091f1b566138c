"""What no reader would take is refused at export, before the gates and in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallygate.export.bundle import bundle_files, check_fits
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.runtime.bundle import MAX_LABELS, MAX_LINE, MAX_MARKS, MAX_TOKENS, MAX_WORDS
from tallygate.runtime.errors import ExportError
from tallygate.runtime.text import TextContract, Vocabulary
from tallygate.train.folder import Checkpoint

TOO_MUCH: dict[str, dict[str, Callable[[], Any]]] = {
    "262,145 words": {"vocabulary": lambda: Vocabulary({f"w{n}": 2 for n in range(MAX_WORDS + 1)}, 3)},
    "262,147 embedding rows": {"vocabulary": lambda: Vocabulary({}, MAX_WORDS + 3)},
    "10,001 labels": {"labels": lambda: tuple(map(str, range(MAX_LABELS + 1)))},
    "1,001 characters in a label": {"labels": lambda: ("a", "b" * (MAX_LINE + 1))},
    "100,001 tokens per text": {"text": lambda: TextContract(max_length=MAX_TOKENS + 1)},
    "257 kept marks": {"text": lambda: TextContract(max_length=8, punctuation="!" * (MAX_MARKS + 1))},
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_checkpoint_beyond_the_bounds(checkpoint: Checkpoint, tmp_path: Path, what: str) -> None:
    changes = {field: make() for field, make in TOO_MUCH[what].items()}
    larger = Checkpoint(**{**vars(checkpoint), **changes})
    with pytest.raises(ExportError, match=rf"^the checkpoint: has {what}, above "):
        export_bundle(larger, tmp_path / "bundle", ExportOptions())
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_within_them(checkpoint: Checkpoint) -> None:
    check_fits(checkpoint)


def test_files_that_no_reader_would_take(checkpoint: Checkpoint, exported: ExportResult) -> None:
    plans = {f"plan{number}": b"" for number in range(64)}
    with pytest.raises(ExportError, match="the bundle: would not be read"):
        bundle_files(checkpoint, b"", exported.variants, ExportOptions(), plans)
