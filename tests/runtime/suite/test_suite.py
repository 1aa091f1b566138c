"""Behavioural suites: what is read, what fails, what is counted, and what a hostile file can do."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tallygate.runtime.errors import InputError, InputNotFoundError, UsageError
from tallygate.runtime.prediction import Prediction
from tallygate.runtime.suite import (
    Bound,
    PlacedCase,
    bound_from_text,
    broken_bounds,
    cases,
    check_bounds,
    check_cases,
    counts_of,
    read_suite,
)

LABELS = ["bad", "good"]
GOOD = {"kind": "mft", "capability": "words", "text": "good", "label": "good"}


def written(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    return path


def read(path: Path, *rows: object) -> list[PlacedCase]:
    return read_suite(written(path / "suite.jsonl", *rows), LABELS)


def predicted(texts: Sequence[str]) -> list[Prediction]:
    """A text is its probability of "good", in percent."""
    shares = [int(text) / 100 for text in texts]
    return [
        Prediction("good" if p > 0.5 else "bad", max(p, 1 - p), {"bad": 1 - p, "good": p}, (0.0,), "e", "p", "x")
        for p in shares
    ]


@pytest.mark.parametrize(
    ("case", "failed", "sure"),
    [
        ({"kind": "mft", "text": "60", "label": "good"}, False, False),
        ({"kind": "mft", "text": "98", "label": "bad"}, True, False),
        ({"kind": "mft", "text": "100", "label": "bad"}, True, True),
        ({"kind": "mft", "text": "0", "label": "good"}, True, True),
        ({"kind": "mft", "text": "79", "at_most": 0.8}, False, False),
        ({"kind": "mft", "text": "10", "at_most": 0.8}, True, False),
        ({"kind": "mft", "text": "100", "at_most": 0.8}, True, False),
        ({"kind": "inv", "texts": ["60", "90", "51"]}, False, False),
        ({"kind": "inv", "texts": ["60", "90", "49"]}, True, False),
        ({"kind": "dir", "text": "70", "than": "60", "label": "good"}, False, False),
        ({"kind": "dir", "text": "60", "than": "70", "label": "good"}, True, False),
        ({"kind": "dir", "text": "60", "than": "70", "label": "good", "slack": 0.11}, False, False),
        ({"kind": "dir", "text": "60", "than": "70", "label": "bad"}, False, False),
    ],
)
def test_what_fails(tmp_path: Path, case: dict[str, object], failed: bool, sure: bool) -> None:
    [outcome] = check_cases(read(tmp_path, {"capability": "words", **case}), predicted)
    assert (outcome.failed, outcome.sure) == (failed, sure)


def test_cases_keep_their_own_answers(tmp_path: Path) -> None:
    rows = [
        {"kind": "inv", "capability": "b", "texts": ["60", "70", "80"]},
        {"kind": "mft", "capability": "a", "text": "1", "label": "good"},
        {"kind": "dir", "capability": "a", "text": "5", "than": "9", "label": "good"},
    ]
    outcomes = check_cases(read(tmp_path, *rows), predicted)
    assert [[round(p.probabilities["good"], 2) for p in o.predictions] for o in outcomes] == [
        [0.6, 0.7, 0.8], [0.01], [0.05, 0.09],
    ]  # fmt: skip
    assert [o.placed.line for o in outcomes] == [1, 2, 3]
    counts = [(c.capability, c.kinds, c.cases, c.failed, c.sure) for c in counts_of(outcomes)]
    assert counts == [("b", "inv", 1, 0, 0), ("a", "mft, dir", 2, 2, 0), ("all", "inv, mft, dir", 3, 2, 0)]


def test_bounds_hold_all_and_each(tmp_path: Path) -> None:
    wrong = {**GOOD, "text": "1"}
    counts = counts_of(check_cases(read(tmp_path, wrong, {**wrong, "capability": "b=c"}), predicted))
    assert broken_bounds([bound_from_text("2"), bound_from_text("b=c=1")], counts) == []
    assert broken_bounds([bound_from_text("1"), bound_from_text("b=c=0")], counts) == [
        "all: 2 failures, at most 1",
        "b=c: 1 failures, at most 0",
    ]
    check_bounds([Bound("words", 0), Bound("all", 0)], ["words"])
    with pytest.raises(UsageError, match="--at-most other=0: names a capability that no case has; name one of: words"):
        check_bounds([Bound("other", 0)], ["words", "words"])


@pytest.mark.parametrize("given", ["", "x", "=3", "a=", "-1", "1.5", "a=-1", "9" * 10, "\u0663"])
def test_what_is_no_bound(given: str) -> None:
    with pytest.raises(UsageError, match="is no bound; give a number, or CAPABILITY=NUMBER"):
        bound_from_text(given)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "is not valid JSON"),
        ("[1]", "is not a JSON object; see docs/check.md"),
        (
            '{"a": "\u00e9"}'.encode("latin-1").decode("utf-8", "surrogateescape"),
            "is not valid UTF-8; see docs/check.md",
        ),
        ("1", "is not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ({}, "is no case .*kind"),
        ({**GOOD, "kind": "MFT"}, "is no case .*kind"),
        ({**GOOD, "kind": 1}, "is no case"),
        ({**GOOD, "wrong": 1}, "unknown field `wrong`"),
        ({**GOOD, "text": None}, "Expected `str`, got `null`"),
        ({**GOOD, "text": ["a"]}, "Expected `str`, got `array`"),
        ({**GOOD, "text": "\ud800"}, "half a surrogate pair"),
        ({**GOOD, "label": "best"}, "a label 'best' that the model does not have; name one of bad, good"),
        ({**GOOD, "label": "\x1b[2J"}, "that the model does not have"),
        ({**GOOD, "at_most": 0.5}, "takes label or at_most, one of them"),
        ({"kind": "mft", "capability": "c", "text": "x"}, "takes label or at_most, one of them"),
        ({"kind": "mft", "capability": "c", "text": "x", "at_most": 0}, "at_most must be above 0"),
        ('{"kind":"mft","capability":"c","text":"x","at_most":NaN}', "at_most must be above 0"),
        ({**GOOD, "capability": ""}, "capability must be a name"),
        ({**GOOD, "capability": "all"}, "capability must be a name .* not 'all'"),
        ({**GOOD, "capability": "x" * 101}, "capability must be a name"),
        ({**GOOD, "capability": "\ud800"}, "half a surrogate pair"),
        ({"kind": "inv", "capability": "c", "texts": ["x"]}, "texts must be from 2 to 64"),
        ({"kind": "inv", "capability": "c", "texts": ["x"] * 65}, "texts must be from 2 to 64"),
        ({"kind": "dir", "capability": "c", "text": "x", "label": "good"}, "missing required field `than`"),
        ('{"kind":"dir","capability":"c","text":"x","than":"y","label":"good","slack":Infinity}', "slack must be from"),
    ],
)
def test_a_line_that_is_no_case_is_one_line(tmp_path: Path, row: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read(tmp_path, GOOD, row)
    assert "line 2" in str(caught.value)
    assert "--skip-bad" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_bounds_of_a_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MAX_CASES", 2)
    assert len(read(tmp_path, GOOD, GOOD)) == 2
    with pytest.raises(InputError, match="holds more than 2 cases"):
        read(tmp_path, GOOD, GOOD, GOOD)
    monkeypatch.setattr(cases, "MAX_CHARACTERS", 7)
    with pytest.raises(InputError, match="or 7 characters; split it"):
        read(tmp_path, GOOD, GOOD)


def test_places_that_are_no_suite(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for place in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(InputError, match="is no regular file, and may never end"):
            read_suite(place, LABELS)
    with pytest.raises(InputError, match="is a folder"):
        read_suite(tmp_path, LABELS)
    with pytest.raises(InputNotFoundError):
        read_suite(tmp_path / "none", LABELS)
    with pytest.raises(InputError, match="is empty"):
        read(tmp_path)
