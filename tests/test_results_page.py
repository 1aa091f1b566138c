"""docs/results.md is what its script makes of the files beside it, and says what they say."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from tallygate.train.run.result import Result
from tallygate.train.scores.calibration_error import Bin, Calibration, Reliability
from tallygate.train.scores.coverage import CoveragePoint

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("results_page")


@pytest.fixture
def seed() -> Result:
    result = Result.read(DOCS / "results" / "seed")
    assert result is not None
    return result


def test_the_page_is_what_the_script_makes(script: ModuleType) -> None:
    assert script.page() == (DOCS / "results.md").read_text("utf-8"), "run: make results"


def test_every_picture_of_the_page_is_there(script: ModuleType) -> None:
    links = [line.split("](")[1].rstrip(")") for line in script.page().splitlines() if line.startswith("![")]
    assert links
    assert [link for link in links if not (DOCS / link).is_file()] == []


def _calibrated(result: Result, accuracy: float, number: int) -> Result:
    bins = [Bin(low=0.8, rows=10, confidence=0.9, accuracy=accuracy)]
    errors = [Reliability(error=error, bins=bins) for error in (0.0512, 0.0123)]
    scores = [*result.training.scores[:-1], msgspec.structs.replace(result.training.scores[-1], accuracy=accuracy)]
    return msgspec.structs.replace(
        result,
        training=msgspec.structs.replace(result.training, preset="small", seed=number, scores=scores),
        calibration=[Calibration(split="test", before=errors[0], after=errors[1])],
        coverage=[
            CoveragePoint(threshold=0.9, answered=0.7, accuracy=0.96),
            CoveragePoint(threshold=0.99, answered=0.0, accuracy=None),
        ],
    )


def test_the_page_says_what_the_files_say_and_the_script_what_is_missing(
    script: ModuleType,
    seed: Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(script, "RESULTS", tmp_path / "results")
    for number, accuracy in enumerate((0.91, 0.92, 0.93)):
        folder = tmp_path / "results" / f"small-{number}"
        folder.mkdir(parents=True)
        _calibrated(seed, accuracy, number).write(folder)
        (folder / "reliability.png").touch()
    page = script.page()
    assert "`small`, mean of 3 seeds on test: **92.00% +- 1.00%**" in page
    assert "`tallygate train --data imdb --preset small --seed 2`" in page
    rows = ["".join(line.split()) for line in page.splitlines()]
    assert "|small-1|test|5.12%|1.23%|1.059|".replace("1.059", f"{seed.temperature:.3f}") in rows
    assert "|small-1|-|-|96.00%of70.0%|-|-|" in rows
    assert page.count("reliability.png") == 3
    assert "curve.png" not in page
    said = capsys.readouterr().out
    for line in (
        "results: 0 of 1 runs of the preset large",
        f"{Path('results', 'small-0', 'curve.png')}: is missing",
        f"{Path('results', 'study', 'gradients', 'gradients.json')}: is missing, and with it a section of the page",
    ):
        assert line in said.splitlines()
