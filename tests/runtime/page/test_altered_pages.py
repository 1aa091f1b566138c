"""A page with one bit otherwise says so, and answers nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from tallygate.runtime.engines.integer import NativeEngine
from tallygate.runtime.page import PageContents, Sources, page_of
from tests.runtime.page.conftest import altered_page, bit_flipped

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.runtime.page.conftest import Opener


@pytest.mark.parametrize("part", ["image", "simd128", "scalar", "golden texts"])
def test_one_bit_of_a_part_and_it_answers_nothing(
    contents: PageContents, sources: Sources, open_file: Opener, tmp_path: Path, part: str
) -> None:
    from tallygate.runtime.page.document import parts_of

    data = next(p.data for p in parts_of(contents, sources) if p.name == part)
    path = tmp_path / "page.html"
    # Both modules' last bytes are their own: what they share is taken from the first one.
    path.write_text(altered_page(contents, sources, part, bit_flipped(data, len(data) - 70), told=False), "utf-8")
    page = open_file(path, state="refused")
    assert page.locator("#verdict").inner_text() == "This copy does not answer."
    told = page.locator("#what-to-do").inner_text()
    assert told.startswith(f"the page's {part}: is damaged or altered; get the page again")
    assert "tallygate verify" in told
    assert page.locator("#text").count() == 0


def test_one_character_of_the_payload_and_it_answers_nothing(
    pages: dict[str, Path], open_file: Opener, tmp_path: Path
) -> None:
    page = pages["two-labels"].read_text("utf-8")
    start = page.index('id="payload">') + len('id="payload">')
    for place, character in ((0, "0"), (700, "~"), (5000, " "), (40_000, "A")):
        at = start + place
        other = page[:at] + ("B" if page[at] == character else character) + page[at + 1 :]
        (tmp_path / "page.html").write_text(other, "utf-8")
        opened = open_file(tmp_path / "page.html", state="refused")
        assert "is damaged or altered" in opened.locator("#what-to-do").inner_text()


def test_a_golden_that_is_answered_otherwise_and_it_answers_nothing(
    contents: PageContents, sources: Sources, open_file: Opener, tmp_path: Path
) -> None:
    texts = msgspec.json.encode(list(contents.texts)).replace(b'"good"', b'"bad "')
    path = tmp_path / "page.html"
    path.write_text(altered_page(contents, sources, "golden texts", texts, told=True), "utf-8")
    page = open_file(path, state="refused")
    told = page.locator("#what-to-do").inner_text()
    assert told.startswith("the golden texts: are answered otherwise than at export by the kernel simd128")
    assert page.locator("#text").count() == 0


def test_a_word_that_is_answered_otherwise_and_it_answers_nothing(
    contents: PageContents, sources: Sources, open_file: Opener, tmp_path: Path
) -> None:
    """All texts but those of the words, whose answers then are none."""
    logits, _ = NativeEngine(contents.image, "scalar").run_texts(list(contents.texts))
    path = tmp_path / "page.html"
    path.write_text(page_of(replace(contents, answers=hashlib.sha256(logits.tobytes()).hexdigest()), sources), "utf-8")
    told = open_file(path, state="refused").locator("#what-to-do").inner_text()
    assert told.startswith("the golden texts: are answered otherwise than at export")


def test_an_altered_script_is_not_run(pages: dict[str, Path], chromium: Browser, tmp_path: Path) -> None:
    page = pages["two-labels"].read_text("utf-8")
    altered = page.replace("!== facts.answers", "=== facts.answers")
    assert altered != page
    (tmp_path / "page.html").write_text(altered, "utf-8")
    opened = chromium.new_page()
    opened.goto((tmp_path / "page.html").as_uri())
    opened.wait_for_timeout(500)
    assert opened.locator("#verdict").inner_text() == "Not proved."
    assert not opened.locator("#main").is_visible()
    opened.close()
