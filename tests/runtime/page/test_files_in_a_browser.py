"""Files dropped on the page, from ``file://``: answers, faults, downloads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.runtime.page.conftest import answer_file, write
from tests.shared.goldens import logits_of, shared

if TYPE_CHECKING:
    from tests.runtime.page.conftest import Opener


def test_a_file_has_the_answers_of_python(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    goldens = shared("three-labels")
    path = write(
        tmp_path / "texts.csv", [["id", "Text "], *([str(i), r["text"]] for i, r in enumerate(goldens["rows"]))]
    )
    rows = answer_file(open_file(pages["three-labels"]), path)
    assert len(rows) == len(goldens["rows"])
    for row, golden in zip(rows, goldens["rows"], strict=True):
        assert row["label"] == goldens["labels"][int(np.argmax(golden["scores"]))]
        logits = [float(row[f"logit_{label}"]) for label in goldens["labels"]]
        assert logits == [float(np.float32(logit)) for logit in logits_of(golden)]
        scores = [float(row[f"probability_{label}"]) for label in goldens["labels"]]
        assert np.abs(np.array(scores) - golden["scores"]).max() <= 1e-12
        assert float(row["score"]) == max(scores)
        assert (row["engine"], row["precision"]) == ("wasm", "integer")


def test_a_download_is_safe_in_a_spreadsheet(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    formulas = ["=1+1", "+good", "@SUM(A1)", "\t=1", 'say "=1", please', "-1"]
    rows = answer_file(
        open_file(pages["two-labels"]), write(tmp_path / "texts.csv", [["text"], *([f] for f in formulas)])
    )
    assert [row["text"] for row in rows] == ["'=1+1", "'+good", "'@SUM(A1)", "'\t'=1", 'say "=1", please', "-1"]


def test_a_text_file_of_20000_rows_while_somebody_types(
    pages: dict[str, Path], open_file: Opener, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"good bad {'ax ' * (i % 30)}\n" for i in range(20_000)), "utf-8")
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(path)
    page.locator("#progress:visible").wait_for()
    page.fill("#text", "good")
    assert page.locator("#label").inner_text() in ("no", "yes")
    page.get_by_role("link", name="Download the answers").wait_for()
    assert "Done: 20,000 rows" in page.locator("#file-status").inner_text()
    figures = page.locator("#file-bars .tg-bar-figure").all_inner_texts()
    assert sum(int(figure.replace(",", "")) for figure in figures) == 20_000


def test_the_column_is_asked_for(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(write(tmp_path / "texts.csv", [["one", "other"], ["good", "bad"]]))
    page.get_by_label("Column").select_option("other")
    page.get_by_role("button", name="Answer it").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the answers").click()
    assert Path(download.value.path()).read_text("utf-8").endswith(",wasm,integer,bad\n")


def test_bad_rows_are_put_aside(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(b'id,text\n1,good\n2\n3,"bad"x\n4,bad\r\n5,"good')
    page = open_file(pages["two-labels"])
    rows = answer_file(page, path)
    assert [row["line"] for row in rows] == ["2", "5"]
    assert page.locator("#file-notes li").all_inner_texts() == [
        "line 3 has 1 fields where the header has 2",
        "line 4 is not valid CSV (text behind a closing quote)",
        "line 6 opens a quote that is never closed",
    ]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.csv", b"", "empty.csv: has no rows; give at least one"),
        ("empty.txt", b"", "empty.txt: has no row that can be used; give at least one"),
        ("only.csv", b"text\n", "only.csv: has no row that can be used; give at least one"),
        ("latin.txt", b"caf\xe9", "latin.txt: cannot be read as UTF-8; save it again as UTF-8"),
        ("book.xlsx", b"PK", "book.xlsx: is no file of lines; save it as .csv or .txt"),
        ("open.csv", b'"text', "open.csv line 1: opens a quote that is never closed; mend that row: it is the header"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_line(
    pages: dict[str, Path], open_file: Opener, tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(tmp_path / name)
    page.locator("#file-status.fault").wait_for()
    assert page.locator("#file-status").inner_text() == told
    assert not page.get_by_role("link", name="Download the answers").is_visible()


def test_a_file_can_be_stopped(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("good bad ax " * 10 + "\n", "utf-8")
    path = tmp_path / "long.txt"
    path.write_text(("good bad ax " * 20 + "\n") * 190_000, "utf-8")
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="Stop").click()
    assert page.locator("#file-status").inner_text() == "Stopped."
    assert len(answer_file(page, tmp_path / "texts.txt")) == 1
