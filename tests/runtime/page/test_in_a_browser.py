"""The page in a real browser, from ``file://``, used as people use it."""

from __future__ import annotations

import csv
import json
import struct
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tallygate.runtime.engines.integer import NativeEngine
from tallygate.runtime.page import PageContents, Sources, page_of
from tallygate.runtime.prediction import probabilities_from_logits
from tests.runtime.page.conftest import HOSTILE, altered_page, bit_flipped
from tests.shared.make import FOLDER, TEXTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.runtime.page.conftest import Opener

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
NO_SIMD = "const { validate } = WebAssembly; WebAssembly.validate = () => false;"


def shared(model: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{model}.json").read_text("ascii")))


def logits_of(row: dict[str, Any]) -> list[float]:
    return [struct.unpack(">d", bytes.fromhex(bits))[0] for bits in row["logits"]]


def answer_file(page: Page, path: Path) -> list[dict[str, str]]:
    """The rows of the download."""
    page.locator("#file").set_input_files(path)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the answers").click()
    assert download.value.suggested_filename == f"{path.stem}-answers.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


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


def test_a_file_has_the_answers_of_python(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    goldens = shared("three-labels")
    path = write(
        tmp_path / "texts.csv", [["id", "Text "], *([str(i), r["text"]] for i, r in enumerate(goldens["rows"]))]
    )
    rows = answer_file(open_file(pages["three-labels"]), path)
    assert len(rows) == len(goldens["rows"])
    for row, golden in zip(rows, goldens["rows"], strict=True):
        assert row["label"] == goldens["labels"][int(np.argmax(golden["scores"]))]
        logits = [float(row[f"logit_{label}"]) for label in goldens["labels"]]
        assert logits == [float(np.float32(logit)) for logit in logits_of(golden)]
        scores = [float(row[f"probability_{label}"]) for label in goldens["labels"]]
        assert np.abs(np.array(scores) - golden["scores"]).max() <= 1e-12
        assert float(row["score"]) == max(scores)
        assert (row["engine"], row["precision"]) == ("wasm", "integer")


def test_a_download_is_safe_in_a_spreadsheet(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    formulas = ["=1+1", "+good", "@SUM(A1)", "\t=1", 'say "=1", please', "-1"]
    rows = answer_file(
        open_file(pages["two-labels"]), write(tmp_path / "texts.csv", [["text"], *([f] for f in formulas)])
    )
    assert [row["text"] for row in rows] == ["'=1+1", "'+good", "'@SUM(A1)", "'\t'=1", 'say "=1", please', "-1"]


def test_a_text_file_of_20000_rows_while_somebody_types(
    pages: dict[str, Path], open_file: Opener, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"good bad {'ax ' * (i % 30)}\n" for i in range(20_000)), "utf-8")
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(path)
    page.locator("#progress:visible").wait_for()
    page.fill("#text", "good")
    assert page.locator("#label").inner_text() in ("no", "yes")
    page.get_by_role("link", name="Download the answers").wait_for()
    assert "Done: 20,000 rows" in page.locator("#file-status").inner_text()
    figures = page.locator("#file-bars .tg-bar-figure").all_inner_texts()
    assert sum(int(figure.replace(",", "")) for figure in figures) == 20_000


def test_the_column_is_asked_for(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(write(tmp_path / "texts.csv", [["one", "other"], ["good", "bad"]]))
    page.get_by_label("Column").select_option("other")
    page.get_by_role("button", name="Answer it").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the answers").click()
    assert Path(download.value.path()).read_text("utf-8").endswith(",wasm,integer,bad\n")


def test_bad_rows_are_put_aside(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(b'id,text\n1,good\n2\n3,"bad"x\n4,bad\r\n5,"good')
    page = open_file(pages["two-labels"])
    rows = answer_file(page, path)
    assert [row["line"] for row in rows] == ["2", "5"]
    assert page.locator("#file-notes li").all_inner_texts() == [
        "line 3 has 1 fields where the header has 2",
        "line 4 is not valid CSV (text behind a closing quote)",
        "line 6 opens a quote that is never closed",
    ]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.csv", b"", "empty.csv: has no rows; give at least one"),
        ("empty.txt", b"", "empty.txt: has no row that can be used; give at least one"),
        ("only.csv", b"text\n", "only.csv: has no row that can be used; give at least one"),
        ("latin.txt", b"caf\xe9", "latin.txt: cannot be read as UTF-8; save it again as UTF-8"),
        ("book.xlsx", b"PK", "book.xlsx: is no file of lines; save it as .csv or .txt"),
        ("open.csv", b'"text', "open.csv line 1: opens a quote that is never closed; mend that row: it is the header"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_line(
    pages: dict[str, Path], open_file: Opener, tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(tmp_path / name)
    page.locator("#file-status.fault").wait_for()
    assert page.locator("#file-status").inner_text() == told
    assert not page.get_by_role("link", name="Download the answers").is_visible()


def test_a_file_can_be_stopped(pages: dict[str, Path], open_file: Opener, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("good bad ax " * 10 + "\n", "utf-8")
    path = tmp_path / "long.txt"
    path.write_text(("good bad ax " * 20 + "\n") * 190_000, "utf-8")
    page = open_file(pages["two-labels"])
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="Stop").click()
    assert page.locator("#file-status").inner_text() == "Stopped."
    assert len(answer_file(page, tmp_path / "texts.txt")) == 1


@pytest.mark.parametrize("part", ["image", "simd128", "scalar", "golden texts", "golden logits"])
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
    logits = np.ascontiguousarray(contents.logits, "<f8").tobytes()
    path = tmp_path / "page.html"
    path.write_text(altered_page(contents, sources, "golden logits", bit_flipped(logits, 8), told=True), "utf-8")
    page = open_file(path, state="refused")
    told = page.locator("#what-to-do").inner_text()
    assert told.startswith(
        f"1 of {len(TEXTS)} golden texts: are answered otherwise than at export by the kernel simd128"
    )


def test_a_word_that_is_answered_otherwise_and_it_answers_nothing(
    contents: PageContents, sources: Sources, open_file: Opener, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(page_of(replace(contents, swept_logits="0" * 64), sources), "utf-8")
    told = open_file(path, state="refused").locator("#what-to-do").inner_text()
    assert told.startswith("the words of the vocabulary: are answered otherwise than at export")


def test_an_altered_script_is_not_run(pages: dict[str, Path], chromium: Browser, tmp_path: Path) -> None:
    page = pages["two-labels"].read_text("utf-8")
    (tmp_path / "page.html").write_text(page.replace("equal < count", "equal < 0.00"), "utf-8")
    opened = chromium.new_page()
    opened.goto((tmp_path / "page.html").as_uri())
    opened.wait_for_timeout(500)
    assert opened.locator("#verdict").inner_text() == "Not proved."
    assert not opened.locator("#main").is_visible()
    opened.close()


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
