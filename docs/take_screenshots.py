"""Takes the pictures in docs/screenshots of every page of the demo: light, dark, and on a phone.

    python docs/take_screenshots.py [--bundle BUNDLE]

Needs Chromium and the extras [dev]. The letters are those of this machine (Inter where it is installed).
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from tallygate.demo.examples import TURN
from tallygate.runtime.outputs import atomic_file
from tallygate.train.corpora import review_sentences

OUT = Path(__file__).parent / "screenshots"
ROWS = 10_000
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip
WIDE, PHONE, FIRST = {"width": 1280, "height": 860}, {"width": 390, "height": 844}, {"width": 1280, "height": 800}
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
    with served(arguments.bundle) as address, tempfile.TemporaryDirectory() as folder, chromium() as browser:
        rows = write_rows(Path(folder) / "reviews.csv")
        take_first(browser, address)
        for name in TABS:
            take(browser, address, name, "light", rows)
        for name in ("classify", "cell", "copies"):
            take(browser, address, name, "dark", rows)
        for name, theme in (("classify", "light"), ("cell", "light"), ("batch", "dark")):
            take(browser, address, name, theme, rows, phone=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that this machine has, without a window."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def take_first(browser: Browser, address: str) -> None:
    """The README's first picture: the page as it answers, half of it light and half of it dark."""
    halves = []
    for theme in ("light", "dark"):
        page = browser.new_page(viewport=FIRST, color_scheme=theme)  # type: ignore[arg-type]
        open_answered(page, address)
        page.wait_for_timeout(800)
        halves.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        page.close()
    light, dark = halves
    # A slanted cut, as the bar across the tally.
    mask = Image.new("1", light.size)
    width, height = light.size
    ImageDraw.Draw(mask).polygon([(0.62 * width, 0), (width, 0), (width, height), (0.42 * width, height)], fill=1)
    light.paste(dark, mask=mask)
    save(light, OUT / "demo.png")


def open_answered(page: Page, address: str, text: str = TURN, word: str = "surprise") -> None:
    """Open the page and have it read a text, by default one in which the answer turns, until it shows ``word``."""
    page.goto(address)
    page.locator("#tg-review textarea").fill(text)
    page.locator("#tg-classify").click()
    page.get_by_test_id("words").filter(has_text=word).wait_for()


def save(picture: Image.Image, path: Path) -> None:
    """Write a PNG of 256 colours, none of them far from what it was, in a third of the bytes."""
    colours = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    with atomic_file(path) as temporary:
        colours.save(temporary, "PNG", optimize=True)
    print(path)


def take(browser: Browser, address: str, name: str, theme: str, rows: Path, phone: bool = False) -> None:
    """One picture."""
    page = browser.new_page(viewport=PHONE if phone else WIDE, color_scheme=theme, device_scale_factor=1 + phone)  # type: ignore[arg-type]
    open_answered(page, address)
    page.get_by_role("tab", name=TABS[name]).click()
    prepare(page, name, rows)
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    if phone:
        shot = page.screenshot(clip={"x": 0, "y": 0, "width": 390, "height": 1500}, full_page=True)
    else:
        shot = page.screenshot(full_page=name != "batch")
    page.close()
    with Image.open(io.BytesIO(shot)) as picture:
        save(picture, OUT / f"{name}{'-phone' if phone else ''}{'-dark' if theme == 'dark' else ''}.png")


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
        if page.viewport_size != PHONE:
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
