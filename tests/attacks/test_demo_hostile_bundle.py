"""A bundle whose card tries to become a part of the demo's page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("gradio", reason="needs the extra [demo]")

from tallygate.demo.show.card import CARD_BYTES, html_from_markdown, show_card
from tallygate.runtime.bundle import LAYOUT, open_bundle
from tests.demo.test_reading import Tags
from tests.runtime.conftest import ToyBundle

HACK = "window.hacked = 1"
CARD = f"""# Card <script>{HACK}</script>

<iframe src="https://evil.example"></iframe><form action="https://evil.example"><input></form>
<style>body {{ display: none }}</style><svg onload="{HACK}"></svg>

![a picture](https://evil.example/pixel.png) [one](javascript:{HACK}) [two](data:text/html,x) [three](//evil.example)
[four](https://example.org "title") <https://example.org/five> [six](JaVaScRiPt:{HACK}) ${{{HACK}}} `${{{HACK}}}`

| a | b |
| --- | --- |
| <b onclick="{HACK}">x</b> | {{{{ hacked }}}} |
"""


def test_no_html_of_the_card_is_active() -> None:
    html = html_from_markdown(CARD)
    allowed = {"h1", "p", "a", "code", "table", "thead", "tbody", "tr", "th", "td", "br"}
    assert Tags(html).found <= allowed
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_links_of_the_card_lead_to_web_pages_only_and_tell_them_nothing() -> None:
    links = re.findall(r"<a ([^>]*)>", html_from_markdown(CARD))
    assert [re.findall(r'href="([^"]*)"', link) for link in links] == [
        ["https://example.org"], ["https://example.org/five"],
    ]  # fmt: skip
    assert all('rel="noopener noreferrer nofollow"' in link and 'target="_blank"' in link for link in links)


def test_a_picture_of_the_card_is_not_asked_for() -> None:
    assert "a picture" in html_from_markdown(CARD)
    assert "pixel.png" not in html_from_markdown(CARD)


def test_a_card_that_never_ends_is_not_shown(tmp_path: Path) -> None:
    toy = ToyBundle()
    toy.files[LAYOUT.card] = b"[" * (CARD_BYTES + 1)
    toy.match_hashes()
    assert "too long" in show_card(open_bundle(toy.write_directory(tmp_path / "toy")))


@pytest.mark.parametrize("piece", ["[", "*a", "> ", "![", "`", "<!--", "| a ", "\\", "_*", "[](", "- ", "&#0;"])
def test_a_card_of_one_piece_repeated_is_read_in_a_bounded_time(piece: str) -> None:
    # 10,000 of each take well below a second; a reader that is quadratic in them takes minutes.
    assert html_from_markdown(piece * 10_000)
