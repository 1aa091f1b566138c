"""What visitors do on the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

TABS = ["Classify", "Inside the cell", "Do the copies agree?", "Batch", "About"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label).locator("visible=true").first.click()
    page.get_by_role("option", name=option).click()


def classify(page: Page, text: str) -> None:
    page.locator("#tg-review textarea").fill(text)
    page.locator("#tg-classify").click()


def wait_for_text(locator: Locator, text: str) -> None:
    locator.filter(has_text=text).first.wait_for()


def upload(page: Page, path: Path) -> None:
    open_tab(page, "Batch")
    page.locator("#tg-file input[type=file]").set_input_files(path)


def start(page: Page) -> None:
    page.locator("#tg-start:not([disabled])").click()
