"""A bundle whose name, labels and card try to become a part of the page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tallygate.demo.app import build_app
from tallygate.demo.server import serve, stop
from tallygate.demo.workspace import Workspace
from tallygate.runtime.bundle import LAYOUT, open_bundle
from tests.attacks.test_demo_hostile_bundle import CARD, HACK
from tests.demo.visiting import TABS, classify, open_tab, wait_for_text
from tests.runtime.conftest import ToyBundle

if TYPE_CHECKING:
    from tests.demo.conftest import Opener

NAME = f"</title><script>{HACK}</script>\u202egnp.exe\u001b[2J"
LABELS = [f"${{{HACK}}}", f"<img src=x onerror='{HACK}'>", "\u202elive"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    toy = ToyBundle(LABELS)
    toy.files[LAYOUT.card] = f"---\nname: x\n---\n{CARD}".encode()
    toy.manifest["name"] = NAME
    toy.match_hashes()
    return toy.write_directory(tmp_path_factory.mktemp("hostile") / "toy")


@pytest.fixture(scope="module")
def hostile_address(hostile: Path) -> Iterator[str]:
    with Workspace() as workspace:
        app = build_app(open_bundle(hostile), workspace)
        yield serve(app, workspace)
        stop(app)


def test_the_page_shows_what_the_bundle_says_and_runs_none_of_it(open_page: Opener, hostile_address: str) -> None:
    page = open_page(hostile_address, viewport={"width": 1280, "height": 900})
    classify(page, "very good plot")
    wait_for_text(page.get_by_test_id("words"), "plot")
    for name in TABS:
        open_tab(page, name)
        page.wait_for_timeout(300)
        assert page.evaluate("window.hacked") is None, name
        assert "\u202e" not in page.locator("body").inner_text()
    assert page.locator("#tg-card :is(script, iframe, form, style, svg, img, input)").count() == 0
    assert page.locator("img[src=x]").count() == 0
    assert "\\u202egnp.exe" in page.title()
    wait_for_text(page.locator("#tg-head"), "<script>")
