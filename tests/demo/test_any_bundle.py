"""The page of a bundle that is not about films, with many labels in other scripts."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tallygate.demo.app import build_app
from tallygate.demo.examples import FILMS, MOST, examples_in, examples_of
from tallygate.demo.server import serve, stop
from tallygate.demo.workspace import Workspace
from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.errors import InputError
from tallygate.runtime.records import read_texts
from tests.demo.visiting import PHONE, TABS, classify, open_tab, start, upload, wait_for_text
from tests.runtime.conftest import ToyBundle

if TYPE_CHECKING:
    from tests.demo.conftest import Opener

LABELS = [
    "好评",
    "差评",
    "とても長いラベルの名前で画面に収まらないかもしれないもの",
    "중립",
    "ยาว",
    *(f"label {i}" for i in range(12)),
]


@pytest.fixture(scope="module")
def other_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other")
    (folder / "toy.parity").mkdir()
    for name in ("errors", "boundary", "curve"):
        Image.new("RGB", (600, 300), "white").save(folder / "toy.parity" / f"{name}.png")
    return ToyBundle(sorted(LABELS)).write_directory(folder / "toy")


@pytest.fixture(scope="module")
def other_address(other_bundle: Path, address: str) -> Iterator[str]:
    with Workspace() as workspace:
        app = build_app(open_bundle(other_bundle), workspace)
        yield serve(app, workspace)
        stop(app)


def test_examples_come_from_the_bundle_s_own_goldens(other_bundle: Path) -> None:
    bundle = open_bundle(other_bundle)
    examples = examples_of(bundle)
    goldens = [golden.text for golden in bundle.goldens()]
    assert 0 < len(examples.texts) <= MOST
    assert set(examples.texts.values()) <= set(goldens)
    assert examples.pasted.splitlines() == list(examples.texts.values())
    assert examples.noun == "Text"


def test_the_shipped_bundle_is_about_films() -> None:
    assert examples_of(open_bundle()) is FILMS


def test_examples_from_a_file_are_its_first_texts(tmp_path: Path) -> None:
    file = tmp_path / "examples.txt"
    lines = ["where is it", "", "x" * 100, *(f"line {i}" for i in range(20))]
    file.write_text("\n".join(lines), encoding="utf-8")
    examples = examples_in(file, read_texts(file))
    assert list(examples.texts.values()) == [line for line in lines if line][:MOST]
    assert all(len(name) <= 42 for name in examples.texts)


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xff\xfe", b"x" * 100_001])
def test_a_file_of_examples_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "examples.txt"
    file.write_bytes(data)
    with pytest.raises(InputError, match="examples"):
        examples_in(file, read_texts(file))


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_a_file_of_examples_that_never_ends_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "examples"
    if kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(InputError, match="is no regular file, and may never end; write the texts into a file"):
        examples_in(path, read_texts(path))


@pytest.mark.parametrize("options", [{"viewport": {"width": 1280, "height": 900}}, PHONE], ids=["desktop", "phone"])
def test_nothing_speaks_of_films(open_page: Opener, other_address: str, tmp_path: Path, options: object) -> None:
    page = open_page(other_address, **options)  # type: ignore[arg-type]
    rows = tmp_path / "rows.csv"
    rows.write_text("text\nvery good\nbad\n", encoding="utf-8")
    for name in TABS:
        open_tab(page, name)
        if name == "Batch":
            upload(page, rows)
            start(page)
            page.get_by_test_id("answers").wait_for()
        page.wait_for_timeout(200)
        told = page.locator("body").inner_text().lower()
        # The bundle's own words are its goldens': its vocabulary has a film and a plot.
        assert "review" not in told.replace("tg-review", ""), name
        assert "what you think of a film" not in told
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def test_many_labels_have_colours_of_their_own_and_a_legend_beside_the_curve(
    open_page: Opener, other_address: str
) -> None:
    page = open_page(other_address, viewport={"width": 1280, "height": 900})
    classify(page, "very good plot")
    wait_for_text(page.get_by_test_id("words"), "plot")
    strokes = page.eval_on_selector_all(".tg-line", "lines => lines.map(line => getComputedStyle(line).stroke)")
    assert len(set(strokes)) == len(strokes) == 6
    plot, legend = page.locator(".tg-plot").bounding_box(), page.locator(".tg-legend").first.bounding_box()
    assert plot
    assert legend
    assert legend["y"] >= plot["y"] + plot["height"]


def test_the_batch_of_many_labels_shows_those_that_were_given(
    open_page: Opener, other_address: str, tmp_path: Path
) -> None:
    page = open_page(other_address, viewport={"width": 1280, "height": 900})
    rows = tmp_path / "rows.csv"
    rows.write_text("text\n" + "very good\n" * 3, encoding="utf-8")
    upload(page, rows)
    start(page)
    page.get_by_test_id("answers").wait_for()
    assert page.locator("#tg-summary .tg-bar").count() == 1
    wait_for_text(page.locator("#tg-summary"), f"{len(LABELS) - 1} other labels: 0 rows")


def test_pictures_follow_the_dark_page(open_page: Opener, other_address: str) -> None:
    for scheme, bright in (("light", True), ("dark", False)):
        page = open_page(other_address, color_scheme=scheme)
        open_tab(page, "About")
        picture = page.locator(".tg-figure img").first
        picture.scroll_into_view_if_needed()
        with Image.open(io.BytesIO(picture.screenshot())) as shot:
            pixel = shot.convert("L").getpixel((shot.width // 2, shot.height // 2))
        assert isinstance(pixel, int | float)
        assert (pixel > 200) is bright
        assert bright or pixel < 80
