"""The page in another browser's engine, from ``file://``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tallygate.runtime.page import PageContents, Sources
from tests.runtime.page.conftest import altered_page, bit_flipped
from tests.runtime.page.firefox import Firefox, firefox
from tests.shared.make import FOLDER, TEXTS


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    with firefox(program, tmp_path_factory.mktemp("firefox") / "profile") as browser:
        yield browser


def opened(browser: Firefox, path: Path) -> str:
    """The page's state."""
    browser.ask("WebDriver:Navigate", url=path.as_uri())
    return str(browser.wait_for("return document.documentElement.dataset.state"))


def test_it_proves_itself(browser: Firefox, pages: dict[str, Path], contents: PageContents) -> None:
    for page in pages.values():
        assert opened(browser, page) == "proved"
        told = browser.run("return document.getElementById('verdict').textContent")
        assert told == f"{len(TEXTS)} of {len(TEXTS)} answers equal to the last bit"
    opened(browser, pages["two-labels"])
    assert browser.run("return document.getElementById('hash').textContent") == contents.golden_logits


def test_it_answers_as_python_does(browser: Firefox, pages: dict[str, Path]) -> None:
    opened(browser, pages["two-labels"])
    goldens = json.loads((FOLDER / "two-labels.json").read_text("ascii"))
    row = next(row for row in goldens["rows"] if row["text"] == "good")
    browser.type("#text", "good")
    best = int(np.argmax(row["scores"]))
    told = f"{goldens['labels'][best]} {100 * row['scores'][best]:.1f}% sure"
    browser.wait_for(f"return document.querySelector('.tg-verdict').textContent === {json.dumps(told)}")


def test_it_answers_a_file(browser: Firefox, pages: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("good\nbad ax\n" * 300, "utf-8")
    opened(browser, pages["three-labels"])
    browser.type("#file", str(tmp_path / "texts.txt"))
    browser.wait_for("return !document.getElementById('file-done').hidden")
    assert browser.run("return document.getElementById('file-status').textContent").startswith("Done: 600 rows")
    assert browser.run("return document.getElementById('download').href").startswith("blob:null/")


def test_an_altered_page_answers_nothing(
    browser: Firefox, contents: PageContents, sources: Sources, tmp_path: Path
) -> None:
    page = altered_page(contents, sources, "image", bit_flipped(contents.image, 5000), told=False)
    (tmp_path / "page.html").write_text(page, "utf-8")
    assert opened(browser, tmp_path / "page.html") == "refused"
    assert browser.run("return document.getElementById('text')") is None
