"""The page in a real browser, from ``file://``, used as people use it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tallygate.runtime.engines.integer import NativeEngine
from tallygate.runtime.page import PageContents
from tallygate.runtime.prediction import probabilities_from_logits
from tests.runtime.page.conftest import HOSTILE, answer_file, write
from tests.shared.goldens import logits_of, shared
from tests.shared.make import FOLDER, TEXTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.runtime.page.conftest import Opener

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
NO_SIMD = "const { validate } = WebAssembly; WebAssembly.validate = () => false;"


@pytest.mark.parametrize("model", ["two-labels", "three-labels"])
@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_proves_itself(pages: dict[str, Path], open_file: Opener, model: str, screen: dict[str, Any]) -> None:
    page = open_file(pages[model], **screen)
    assert page.locator("#verdict").inner_text() == f"{len(TEXTS)} of {len(TEXTS)} answers equal to the last bit"
    assert page.locator("#proof").get_attribute("role") == "status"
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]


def test_it_shows_the_hash_that_verify_prints(
    pages: dict[str, Path], open_file: Opener, contents: PageContents
) -> None:
    page = open_file(pages["two-labels"])
    assert page.locator("#hash").inner_text() == contents.golden_logits
    assert page.title() == "toy"


def test_it_proves_itself_without_simd(pages: dict[str, Path], chromium: Browser) -> None:
    page = chromium.new_page()
    page.add_init_script(NO_SIMD)
    page.goto(pages["two-labels"].as_uri())
    page.locator('html[data-state="proved"]').wait_for(state="attached")
    assert "scalar" in page.locator("#facts-table").inner_text()
    page.close()


@pytest.mark.parametrize("model", ["two-labels", "three-labels"])
def test_typed_texts_have_the_answers_of_python(pages: dict[str, Path], open_file: Opener, model: str) -> None:
    page, goldens = open_file(pages[model]), shared(model)
    for row in goldens["rows"]:
        if not row["text"].strip():
            continue
        page.fill("#text", row["text"])
        best = int(np.argmax(row["scores"]))
        assert page.locator("#label").text_content() == goldens["labels"][best]
        assert page.locator("#sure").inner_text() == f"{100 * row['scores'][best]:.1f}% sure"
        told = " ".join(f"{float(np.float32(logit)):.3f}" for logit in logits_of(row))
        assert (
            page.locator("#facts")
            .inner_text()
            .replace("-0.000", "0.000")
            .endswith(f"logit {told}".replace("-0.000", "0.000"))
        )


def test_the_running_answer_is_that_of_every_beginning(
    pages: dict[str, Path], open_file: Opener, contents: PageContents
) -> None:
    page, engine = open_file(pages["two-labels"]), NativeEngine(contents.image)
    text = "good, bad ax quaddle bad good! don't caf\u00e9 " * 2
    page.fill("#text", text)
    page.locator("#how:not(.tg-stale)").wait_for()
    page.locator("summary").click()
    rows = [row.inner_text().split("\t") for row in page.locator("#rows tr").all()]
    ids = engine.encode(text)
    logits = engine.exact_logits(np.concatenate([ids[: n + 1] for n in range(len(ids))]), np.arange(1, len(ids) + 1))
    temperatures = engine.read().temperatures
    values = [
        probabilities_from_logits(logit[None].astype(np.float32), float(temperatures[min(n, len(temperatures) - 1)]))[
            0, 1
        ]
        for n, logit in enumerate(logits)
    ]
    assert [row[1] for row in rows] == [f"{100 * value:.1f}%" for value in values]
    assert [row[0] for row in rows[:4]] == ["good", ",", "bad", "ax"]
    pulls = [after - before for before, after in pairwise([0.5, *values])]
    for row, pull in zip(rows, pulls, strict=True):
        assert abs(float(row[2].replace("\u2212", "-")) - 100 * pull) <= 0.51


def test_typing_on_ends_with_the_last_text(pages: dict[str, Path], open_file: Opener) -> None:
    page = open_file(pages["two-labels"])
    page.locator("#text").press_sequentially("good bad ax by, " * 12)
    page.locator("#how:not(.tg-stale)").wait_for()
    typed = page.locator("#words").inner_text()
    page.fill("#text", "")
    assert page.locator("#nothing").is_visible()
    page.fill("#text", "good bad ax by, " * 12)
    page.locator("#how:not(.tg-stale)").wait_for()
    assert page.locator("#words").inner_text() == typed


def test_a_hostile_bundle_and_a_hostile_text_stay_text(pages: dict[str, Path], open_file: Opener) -> None:
    page = open_file(pages["three-labels"])
    assert page.locator("#name").text_content() == HOSTILE
    page.fill("#text", "<img src=x onerror=alert(1)> good")
    page.locator("#how:not(.tg-stale)").wait_for()
    assert page.locator("#words img").count() == 0
    assert page.locator("#words .tg-word").all_inner_texts()[-1] == "good"


def test_what_is_cut_off_is_told(pages: dict[str, Path], open_file: Opener) -> None:
    page = open_file(pages["two-labels"])
    page.fill("#text", "unread " + "bad " * 40)
    page.locator("#words .tg-cut").wait_for()
    assert page.locator("#words .tg-cut").inner_text() == "unread"
    page.fill("#text", "bad " * 40)
    page.locator("#how:not(.tg-stale)").wait_for()
    assert page.locator("#words .tg-cut").count() == 0


def test_by_keyboard_alone(pages: dict[str, Path], open_file: Opener) -> None:
    page = open_file(pages["two-labels"], **WIDE)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = []
    for _ in range(12):
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        page.keyboard.press("Tab")
    assert {"text", "clear", "file"} <= set(reached)
    page.get_by_role("textbox", name="Text").focus()
    page.keyboard.type("good")
    page.locator("#label").filter(has_text="no").or_(page.locator("#label").filter(has_text="yes")).wait_for()


def test_a_screen_reader_is_told_the_answer_when_the_typing_rests(pages: dict[str, Path], open_file: Opener) -> None:
    page = open_file(pages["two-labels"])
    page.get_by_role("textbox", name="Text").fill("good")
    told = page.locator("#told").filter(has_text="sure")
    told.wait_for(state="attached")
    assert told.text_content() == f"{page.locator('#label').text_content()}, {page.locator('#sure').text_content()}"
    page.locator("#how:not(.tg-stale)").wait_for()
    assert "after each word, from" in (page.get_by_role("img").get_attribute("aria-label") or "")


def test_only_a_model_that_reads_from_both_ends_has_beginnings_read_anew_and_says_so(
    pages: dict[str, Path], open_file: Opener
) -> None:
    for model, said in (
        ("two-labels", ""),
        ("three-labels", "This model reads texts from both ends, so each beginning was read anew."),
    ):
        page = open_file(pages[model])
        page.fill("#text", "good bad")
        page.locator("#how:not(.tg-stale)").wait_for()
        assert page.locator("#rows tr").count() == 2
        assert page.locator("#reread").inner_text() == said


@pytest.mark.parametrize("model", ["two-labels", "three-labels"])
def test_whatever_is_typed_the_running_answer_is_that_of_each_beginning(
    pages: dict[str, Path], open_file: Opener, model: str
) -> None:
    """Key by key, with a word mended in the middle."""
    page = open_file(pages[model])
    engine = NativeEngine((FOLDER / f"{model}.integer.bin").read_bytes(), "scalar")
    box = page.get_by_role("textbox", name="Text")
    box.focus()
    page.keyboard.type("good bax, ax by")
    for _ in range(len(", ax by")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    page.keyboard.type("d")
    page.locator("#how:not(.tg-stale)").wait_for()
    beginnings = ["good", "good bad", "good bad,", "good bad, ax", "good bad, ax by"]
    assert box.input_value() == beginnings[-1]
    logits, _ = engine.run_texts(beginnings)
    temperatures = engine.read().temperatures
    shares = [
        probabilities_from_logits(row[None].astype(np.float32), float(temperatures[min(at, len(temperatures)) - 1]))[0]
        for at, row in enumerate(logits, 1)
    ]
    drawn = 1 if model == "two-labels" else int(shares[-1].argmax())
    told = page.locator("#rows td:nth-child(2)").all_text_contents()
    assert told == [f"{100 * row[drawn]:.1f}%" for row in shares]


def test_light_and_dark(pages: dict[str, Path], open_file: Opener) -> None:
    def ground(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = (open_file(pages["two-labels"], color_scheme=scheme) for scheme in ("light", "dark"))
    assert ground(light) != ground(dark)
    light.get_by_role("button", name="Light or dark").click()
    assert ground(light) == ground(dark)
    light.get_by_role("button", name="Light or dark").click()
    dark.get_by_role("button", name="Light or dark").click()
    assert ground(light) == ground(dark)


def test_nothing_is_wider_than_a_phone(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    page = open_file(pages["three-labels"], **PHONE)
    page.fill("#text", "good " + "x" * 300 + " bad" * 30)
    page.locator("#how:not(.tg-stale)").wait_for()
    page.locator("summary").click()
    answer_file(page, write(tmp_path / f"{'long-name-' * 12}.csv", [["text"], ["good"], ["a", "b"]]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
