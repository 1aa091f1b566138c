"""Takes the pictures in docs/screenshots of every page of the demo: light, dark, and on a phone.

    python docs/take_screenshots.py [--bundle BUNDLE]

Needs Chromium and the extras [dev]. The letters are those of this machine (Inter where it is installed).
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

from playwright.sync_api import Browser, Page, sync_playwright

from tallygate.demo.examples import TURN
from tallygate.train.corpora import review_sentences

OUT = Path(__file__).parent / "screenshots"
ROWS = 10_000
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
TABS = {
    "classify": "Classify",
    "cell": "Inside the cell",
    "copies": "Do the copies agree?",
    "batch": "Batch",
    "about": "About",
}


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bundle", help="default: the shipped one")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with served(arguments.bundle) as address, tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rows = write_rows(Path(folder) / "reviews.csv")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for name in TABS:
            take(browser, address, name, "light", rows)
        for name in ("classify", "cell"):
            take(browser, address, name, "dark", rows)
            take(browser, address, name, "light", rows, phone=True)
        browser.close()


def take(browser: Browser, address: str, name: str, theme: str, rows: Path, phone: bool = False) -> None:
    """One picture."""
    page = browser.new_page(viewport=PHONE if phone else WIDE, color_scheme=theme, device_scale_factor=1 + phone)  # type: ignore[arg-type]
    page.goto(address)
    page.locator("#tg-review textarea").fill(TURN)
    page.locator("#tg-classify").click()
    page.get_by_test_id("words").filter(has_text="surprise").wait_for()
    page.get_by_role("tab", name=TABS[name]).click()
    prepare(page, name, rows)
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    path = OUT / f"{name}{'-phone' if phone else '-dark' if theme == 'dark' else ''}.png"
    if phone:
        page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 390, "height": 1500}, full_page=True)
    else:
        page.screenshot(path=path, full_page=name != "batch")
    page.close()
    print(path)


def prepare(page: Page, name: str, rows: Path) -> None:
    """Do on the page what makes it worth looking at."""
    if name == "cell":
        words = page.get_by_test_id("cell-words")
        words.filter(has_text="surprise").wait_for()
        words.get_by_role("button", name="loved").click()
        page.get_by_test_id("step").filter(has_text="loved").wait_for()
    if name == "copies":
        page.get_by_test_id("verdict").wait_for()
        page.locator("#tg-gate").click()
        page.locator("#tg-gates .tg-message").wait_for(state="detached", timeout=300_000)
    if name == "batch":
        page.set_viewport_size({"width": 1280, "height": 1560})
        page.locator("#tg-file input[type=file]").set_input_files(rows)
        page.locator("#tg-start:not([disabled])").click()
        page.get_by_test_id("answers").wait_for(timeout=300_000)


def write_rows(path: Path) -> Path:
    """A file of made-up reviews, three rows of which are broken."""
    sentences, random = review_sentences(0), Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review"])
        for number in range(ROWS):
            writer.writerow([number, " ".join(islice(sentences, random.randint(1, 6)))])
            if number in (1200, 4711, 8000):
                file.write(f"{number},one,two many\n")
    return path


@contextmanager
def served(bundle: str | None) -> Iterator[str]:
    """The demo, started and stopped."""
    command = [sys.executable, "-m", "tallygate.runtime.cli", "demo", *([bundle] if bundle else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[2]
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
