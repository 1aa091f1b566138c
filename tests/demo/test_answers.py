"""Which text the answer on the page belongs to, and what stands there where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.demo.visiting import classify, open_tab, wait_for_text

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASK = "There is no text to read."
LINES = "very good film\n\n  not bad \n"


def greyed(page: Page, element: str) -> None:
    page.locator(f"#{element} .tg-stale").wait_for()


def fresh(page: Page, element: str) -> None:
    page.locator(f"#{element} [data-read]:not(.tg-stale)").first.wait_for()


@pytest.mark.parametrize("text", ["very good film", LINES, '<b>"good"</b> & film'])
def test_an_answer_is_greyed_while_its_text_is_another(page: Page, text: str) -> None:
    box = page.locator("#tg-review textarea")
    classify(page, text)
    wait_for_text(page.get_by_test_id("words"), "good")
    fresh(page, "tg-reading")
    box.press("End")
    box.press_sequentially("!")
    greyed(page, "tg-reading")
    box.press("Backspace")
    fresh(page, "tg-reading")
    box.fill("bad")
    greyed(page, "tg-reading")
    page.locator("#tg-classify").click()
    wait_for_text(page.get_by_test_id("words"), "bad")
    fresh(page, "tg-reading")


def test_the_other_tabs_grey_their_answers_too(page: Page) -> None:
    for tab, box, answer in (
        ("Inside the cell", "tg-cell-text", "tg-cell-words"),
        ("Do the copies agree?", "tg-pasted", "tg-agreement"),
    ):
        open_tab(page, tab)
        fresh(page, answer)
        page.locator(f"#{box} textarea").fill("not bad")
        greyed(page, answer)


def test_an_empty_text_asks_for_one(page: Page) -> None:
    for text in ("", "  \n "):
        classify(page, "good film")
        wait_for_text(page.get_by_test_id("words"), "good")
        classify(page, text)
        wait_for_text(page.locator("#tg-reading"), ASK)
        assert page.get_by_test_id("label").count() == 0


def test_clearing_asks_for_a_text_on_every_tab(page: Page) -> None:
    page.locator("#tg-clear").click()
    wait_for_text(page.locator("#tg-reading"), ASK)
    open_tab(page, "Inside the cell")
    wait_for_text(page.locator("#tg-cell-words"), ASK)
    open_tab(page, "Do the copies agree?")
    page.get_by_test_id("verdict").wait_for()
    page.locator("#tg-pasted textarea").fill(" \n ")
    page.locator("#tg-compare").click()
    wait_for_text(page.locator("#tg-agreement"), ASK)
