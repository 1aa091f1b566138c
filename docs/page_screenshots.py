"""``python docs/page_screenshots.py PAGE``: pictures of a page of ``tallygate page`` into ``docs/screenshots``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent / "screenshots"
TEXT = (
    "The first half is dull and the jokes are terrible. But then the film finds its heart, "
    "and by the end I loved every minute of it. A great surprise."
)
PICTURES: dict[str, dict[str, Any]] = {
    "page": {"viewport": {"width": 1180, "height": 860}},
    "page-phone": {"viewport": {"width": 390, "height": 1500}, "color_scheme": "dark"},
}
"""Name -> options of the browser's context."""


def main(page: Path) -> None:
    """Write every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, options in PICTURES.items():
            opened = browser.new_page(**options)
            opened.goto(page.resolve().as_uri())
            opened.fill("#text", TEXT)
            opened.locator("#how:not(.tg-stale) .tg-mark b").first.wait_for()
            opened.evaluate("document.activeElement.blur()")
            opened.screenshot(path=FOLDER / f"{name}.png")
            opened.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
