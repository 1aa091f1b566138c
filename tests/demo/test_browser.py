"""The page in a real browser, used as people use it. No console error and no request may leave the machine."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tallygate.demo.batch import BatchRun
from tallygate.demo.copies import Copies
from tallygate.demo.reading import Reading, read
from tallygate.demo.tabs import batch as batch_tab
from tallygate.demo.tabs import classify as classify_tab
from tallygate.demo.workspace import Workspace
from tallygate.runtime.classifier import Classifier
from tests.demo.visiting import choose, classify, open_tab, start, upload, wait_for_text

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.demo.conftest import Opener

HOSTILE = "<img src=x onerror=alert(1)> ${1+1} {{value}} `good` film"


def test_typing_a_review_answers_it(page: Page, copies: Copies) -> None:
    for text in ("very good film", "not good, very bad"):
        expected = copies.load(copies.first).predict(text)
        classify(page, text)
        wait_for_text(page.get_by_test_id("words"), text.split()[-1])
        wait_for_text(page.locator(".tg-sure"), f"{100 * expected.score:.1f}%")
        assert page.get_by_test_id("label").inner_text() == expected.label


def test_the_answer_follows_the_typing(page: Page, copies: Copies) -> None:
    """Without a click; while a key is not answered yet, the answer stands grey."""
    box, text = page.locator("#tg-review textarea"), "very good plot, not bad at all"
    box.fill("")
    wait_for_text(page.locator("#tg-reading"), "There is no text to read")
    box.press_sequentially(text, delay=20)
    fresh = page.locator("#tg-reading .tg-read:not(.tg-stale)")
    wait_for_text(fresh.get_by_test_id("words"), "all")
    assert fresh.get_attribute("data-read") == text
    expected = copies.load(copies.first).predict(text)
    assert page.locator(".tg-sure").inner_text() == f"{100 * expected.score:.1f}% sure"
    told = page.get_by_test_id("anew").inner_text()
    assert told == "fp32 on onnxruntime cannot read a text as it comes: each beginning was read anew."
    box.press("End")
    page.keyboard.type("!")
    page.locator("#tg-reading .tg-read.tg-stale").wait_for()
    wait_for_text(fresh, "all")
    assert page.evaluate("window.scrollY") == 0


def test_no_answer_comes_behind_a_newer_one(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one takes long, and keys and a click come meanwhile."""
    calls: list[str] = []
    go_on = Event()

    def slow_at_first(text: str, classifier: Classifier) -> Reading:
        calls.append(text)
        go_on.wait(60)
        return read(text, classifier)

    monkeypatch.setattr(classify_tab, "read", slow_at_first)
    page.evaluate(
        "window.seen = []; new MutationObserver(() => window.seen.push("
        "document.querySelector('#tg-reading [data-read]')?.dataset.read)).observe("
        "document.getElementById('tg-reading'), {childList: true, subtree: true})"
    )
    box = page.locator("#tg-review textarea")
    box.fill("good")
    for _ in range(600):
        if calls:
            break
        page.wait_for_timeout(50)
    box.fill("good film")
    page.locator("#tg-classify").click()
    page.wait_for_timeout(600)
    box.fill("good film, not bad")
    page.wait_for_timeout(600)
    assert calls == ["good"], "one at a time"
    go_on.set()
    page.locator("#tg-reading .tg-read:not(.tg-stale)[data-read='good film, not bad']").wait_for()
    page.wait_for_timeout(1000)
    assert calls[-1] == "good film, not bad"
    seen = [text for text in page.evaluate("window.seen") if text in calls]
    assert seen == sorted(seen, key=calls.index)
    assert seen[-1] == "good film, not bad"


def test_unknown_and_cut_words_are_shown_as_such(page: Page) -> None:
    classify(page, "zorbly plot film plot very bad film not good film")
    wait_for_text(page.locator("#tg-reading .tg-cut"), "zorbly plot")
    classify(page, "zorbly film")
    assert page.locator("#tg-reading .tg-words .unknown").inner_text() == "zorbly"


def test_switching_the_engine_changes_who_answers(page: Page) -> None:
    facts = page.get_by_test_id("facts")
    wait_for_text(facts, "fp32 on onnxruntime")
    choose(page, "Copy", "fp32 on numpy")
    wait_for_text(facts, "fp32 on numpy")


def test_an_example_is_read(page: Page) -> None:
    page.locator("#tg-examples").get_by_text("Cold anger").click()
    wait_for_text(page.get_by_test_id("words"), "ceiling")


def test_the_gates_of_a_word_open_by_mouse_and_keyboard(page: Page) -> None:
    classify(page, "very good plot not bad film")
    wait_for_text(page.get_by_test_id("words"), "plot")
    open_tab(page, "Inside the cell")
    words, step = page.get_by_test_id("cell-words"), page.get_by_test_id("step")
    words.get_by_role("button", name="plot").click()
    wait_for_text(step, "step 3 of 6")
    assert page.locator("#tg-step .tg-strip img").count() == 7
    page.wait_for_function("document.activeElement.dataset.step === '2'")
    page.keyboard.press("ArrowRight")
    wait_for_text(step, "step 4 of 6")
    pixels = page.locator(".tg-pixels").first
    pixels.click(position={"x": 0.95 * pixels.bounding_box()["width"], "y": 20})
    wait_for_text(step, "step 6 of 6")
    page.get_by_label("the word that they respond to").click()
    wait_for_text(page.locator("#tg-maps"), "wrote down most strongly")
    wait_for_text(step, "step 6 of 6")


def test_the_copies_are_compared_and_the_gate_speaks(page: Page) -> None:
    open_tab(page, "Do the copies agree?")
    page.get_by_test_id("verdict").wait_for()
    page.locator("#tg-pasted textarea").fill(f"good film\n\n{HOSTILE}")
    page.locator("#tg-compare").click()
    wait_for_text(page.get_by_test_id("verdict"), "All 2 copies give the same label on all 2 texts")
    assert page.locator(".tg-text").all_inner_texts() == ["good film", HOSTILE]
    page.locator("#tg-gate").click()
    # Four goldens are too few for a gate, and it says so.
    wait_for_text(page.locator("#tg-gates li.bad"), "goldens 4, below 256")


def test_a_file_of_10_000_rows_cancelled_once_and_finished_once(
    page: Page, rows: Path, copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, closed = batch_tab.classify_file, []

    def slow(path: Path, column: str, classifier: Classifier, out: Path) -> Iterator[BatchRun]:
        try:
            for run in whole(path, column, classifier, out):
                yield run
                time.sleep(0.5)
        finally:
            closed.append(out)

    monkeypatch.setattr(batch_tab, "classify_file", slow)
    upload(page, rows)
    start(page)
    wait_for_text(page.get_by_test_id("progress"), "At work")
    page.locator("#tg-cancel:not([disabled])").click()
    wait_for_text(page.locator("#tg-status"), "Cancelled")
    for _ in range(50):
        if closed:
            break
        page.wait_for_timeout(100)
    assert closed
    assert list(closed[0].iterdir()) == []

    monkeypatch.setattr(batch_tab, "classify_file", whole)
    start(page)
    page.get_by_test_id("answers").wait_for()
    assert page.get_by_test_id("found").inner_text() == "10,000 rows · page 1 of 400"
    with page.expect_download() as download:
        page.locator("#tg-download a").first.click()
    with Path(download.value.path()).open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    expected = copies.load(copies.first).predict([row["text"] for row in found])
    assert [(row["label"], row["score"]) for row in found] == [(p.label, f"{p.score:.6f}") for p in expected]
    assert [int(row["line"]) for row in found] == list(range(2, 10_002))


def test_answers_are_filtered_ordered_and_paged(page: Page, rows: Path) -> None:
    upload(page, rows)
    start(page)
    found, answers = page.get_by_test_id("found"), page.get_by_test_id("answers")
    answers.wait_for()
    page.wait_for_timeout(500)
    page.locator("#tg-filter-words").get_by_role("textbox").fill("number 999")
    wait_for_text(found, "11 rows · page 1 of 1")
    choose(page, "Order", "least sure first")
    page.wait_for_function(
        "(() => { const s = [...document.querySelectorAll('[data-testid=answers] td:nth-child(3)')]"
        ".map((cell) => parseFloat(cell.textContent)); return s.every((x, i) => !i || s[i - 1] <= x); })()"
    )


def test_bad_rows_are_put_aside_by_line(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(b'id,review\n1,good film\n2\n3,very bad\n4,\xff\xfe\n5,"<b>good</b>\n6,bad film\n')
    upload(page, path)
    start(page)
    bad = page.get_by_test_id("bad-rows")
    bad.wait_for()
    lines = bad.locator("tbody td:first-child").all_inner_texts()
    assert lines[:2] == ["3", "5"]
    assert page.get_by_test_id("answers").locator("tbody td:first-child").all_inner_texts() == ["2", "4"]


def test_a_file_that_cannot_be_read_is_told_in_one_line(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    path.write_text("a;b;c\n1;2;3\n")
    upload(page, path)
    alert = page.locator("#tg-status [role=alert]")
    wait_for_text(alert, "as if another separator")
    assert "/" not in alert.inner_text().split("nothing.csv")[0]


def test_dark_mode_by_system_and_by_switch(open_page: Opener) -> None:
    def ground(page: Page) -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(","))

    assert ground(open_page(color_scheme="dark")) < 200
    page = open_page(color_scheme="light")
    assert ground(page) > 600
    page.locator("#tg-switch").click()
    page.wait_for_function("document.body.classList.contains('dark')")
    assert ground(page) < 200


def test_the_page_of_the_api_asks_nobody_else(page: Page) -> None:
    page.get_by_text("Use via API").click()
    page.locator(".api-docs").get_by_text("/classify_many").locator("visible=true").first.wait_for()
    assert page.get_by_text("/answer").count() == 0


def test_a_visitor_s_files_go_when_the_visitor_does(open_page: Opener, workspace: Workspace, tmp_path: Path) -> None:
    page = open_page()
    path = tmp_path / "rows.csv"
    path.write_text("text\ngood film\n", encoding="utf-8")
    before = set(workspace.folder.iterdir())
    upload(page, path)
    start(page)
    page.get_by_test_id("answers").wait_for()
    (folder,) = [new for new in set(workspace.folder.iterdir()) - before if new.name.startswith("visitor-")]
    assert {file.name for file in folder.rglob("*.csv")} == {"rows.csv", "predictions.csv", "bad_rows.csv"}
    uploads = [file for file in workspace.folder.rglob("rows.csv") if folder not in file.parents]
    assert uploads == []
    page.context.close()
    for _ in range(200):
        if not folder.exists():
            break
        time.sleep(0.1)
    assert not folder.exists()
