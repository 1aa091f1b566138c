"""The page on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.demo.visiting import PHONE, TABS, classify, open_tab, start, upload, wait_for_text

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.demo.conftest import Opener

LONG = " ".join(["incomprehensibilities" * 5, "good film"])


@pytest.fixture
def phone(open_page: Opener) -> Page:
    return open_page(**PHONE)


def test_a_phone_never_scrolls_sideways(phone: Page, rows: Path) -> None:
    classify(phone, LONG)
    for name in TABS:
        open_tab(phone, name)
        if name == "Batch":
            upload(phone, rows)
            start(phone)
            phone.get_by_test_id("answers").wait_for()
        phone.wait_for_timeout(300)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_every_tab_is_on_a_phone_s_screen_whichever_is_open(phone: Page) -> None:
    for name in TABS:
        open_tab(phone, name)
        boxes = [phone.get_by_role("tab", name=other).bounding_box() for other in TABS]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] < 844 for box in boxes)
        assert not phone.locator(".overflow-menu").is_visible()


def test_the_answer_comes_into_a_phone_s_view(phone: Page) -> None:
    top = "document.getElementById('tg-reading').getBoundingClientRect().top"
    phone.wait_for_function(f"{top} > 0.6 * window.innerHeight")
    classify(phone, "very good film")
    wait_for_text(phone.get_by_test_id("words"), "very")
    phone.wait_for_function(f"{top} >= -5 && {top} < 0.5 * window.innerHeight")


def test_typing_on_a_phone_is_answered_and_moves_nothing(phone: Page) -> None:
    box = phone.locator("#tg-review textarea")
    box.fill("")
    before = phone.evaluate("window.scrollY")
    box.press_sequentially("very good film, not bad", delay=10)
    wait_for_text(phone.locator("#tg-reading .tg-read:not(.tg-stale)").get_by_test_id("words"), "not")
    phone.wait_for_timeout(500)
    assert phone.evaluate("window.scrollY") == before
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_wide_page_stays_where_it_is(page: Page) -> None:
    classify(page, "very good film")
    wait_for_text(page.get_by_test_id("words"), "very")
    page.wait_for_timeout(500)
    assert page.evaluate("window.scrollY") == 0
