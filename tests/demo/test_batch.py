"""Files: every good row answered as alone, bad rows kept apart, limits kept, nothing left behind."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tallygate.demo import batch
from tallygate.demo.batch import BAD_ROWS, RESULTS, Answered, classify_file, find_columns
from tallygate.demo.copies import Copies
from tallygate.demo.table import EVERY_LABEL, ORDERS, PAGE_ROWS, page_of
from tallygate.runtime.errors import InputError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_same_rows_in_every_format_give_the_same_answers(copies: Copies, tmp_path: Path) -> None:
    texts = ["very good film", "bad, bad plot", "“zorbly”"]
    sheets = {
        "a.csv": "text,x\n" + "".join(f'"{t}",1\n' for t in texts),
        "b.tsv": "x\ttext\n" + "".join(f"1\t{t}\n" for t in texts),
        "c.jsonl": "".join(json.dumps({"x": 1, "text": t}) + "\n" for t in texts),
        "d.txt": "".join(f"{t}\n" for t in texts),
    }
    classifier = copies.load(copies.first)
    for name, sheet in sheets.items():
        path = write(tmp_path / name, sheet)
        assert find_columns(path).guess == "text"
        run = list(classify_file(path, "text", classifier, tmp_path))[-1]
        assert [row.label for row in run.rows] == [p.label for p in classifier.predict(texts)]
        with (tmp_path / RESULTS).open(newline="", encoding="utf-8") as file:
            assert [row["text"] for row in csv.DictReader(file)] == texts


def test_bad_rows_are_kept_apart_with_their_lines(copies: Copies, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "good"}\n{"text": 5}\nnonsense\n{"other": "x"}\n{"text": "bad"}\n')
    run = list(classify_file(path, "text", copies.load(copies.first), tmp_path))[-1]
    assert run.done
    assert [row.line for row in run.rows] == [1, 5]
    assert [row.line for row in run.bad] == [2, 3, 4]
    with (tmp_path / BAD_ROWS).open(newline="", encoding="utf-8") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["2", "3", "4"]


def test_a_stopped_run_leaves_no_file(copies: Copies, tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = write(tmp_path / "a.txt", "good\n" * 5000)
    runs = classify_file(path, "text", copies.load(copies.first), out)
    assert 0 < next(runs).share < 1
    runs.close()
    assert list(out.iterdir()) == []


def test_rows_beyond_the_limit_are_not_answered_and_it_is_said(
    copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "FILE_ROWS", 1500)
    for rows, full in ((1500, False), (1501, True)):
        path = write(tmp_path / "a.txt", "good\n" * rows)
        run = list(classify_file(path, "text", copies.load(copies.first), tmp_path))[-1]
        assert (len(run.rows), run.full) == (1500, full)


def test_a_file_of_bad_rows_is_refused_before_it_fills_the_memory(
    copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BAD_ROWS_KEPT", 10)
    path = write(tmp_path / "a.jsonl", '{"text": "good"}\n' + "nonsense\n" * 11)
    with pytest.raises(InputError, match="more than 10 rows that cannot be used"):
        list(classify_file(path, "text", copies.load(copies.first), tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "data"), [("a.csv", ""), ("a.parquet", "PAR1"), ("a.jsonl", "[1, 2\n"), ("a.csv", "a;b\n")]
)
def test_a_file_that_is_none_of_these_is_refused_in_one_line(tmp_path: Path, name: str, data: str) -> None:
    with pytest.raises(InputError) as caught:
        find_columns(write(tmp_path / name, data))
    assert "\n" not in str(caught.value)


def test_pages_filter_sort_and_never_leave_their_range() -> None:
    rows = [Answered(i + 2, "good" if i % 2 else "bad", 0.5 + i / 200, f"Text {i}") for i in range(60)]
    page = page_of(rows, "good", "", "surest first", 2)
    assert (page.found, page.pages, len(page.rows)) == (30, 2, 30 - PAGE_ROWS)
    assert page.rows[-1].line == 3
    assert [row.line for row in page_of(rows, EVERY_LABEL, "text 59", "by text", 99).rows] == [61]
    assert page_of(rows, EVERY_LABEL, "nothing", "by label", 1).rows == []
    for order in ORDERS:
        assert page_of(rows, EVERY_LABEL, "", order, 1).found == 60
