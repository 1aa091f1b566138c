"""The model card as HTML that does nothing: a bundle may come from anybody.

Markdown lets HTML through; here it is shown as the letters that it is made of. Pictures become their descriptions, and
links lead to web pages only, which learn nothing of this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tallygate.demo.templating import render
from tallygate.runtime.bundle import LAYOUT, Bundle
from tallygate.runtime.terminal import printable

CARD_BYTES = 2**18
"""Longest card that is shown."""
_HEADER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def show_card(bundle: Bundle) -> str:
    """HTML of the bundle's card without its header; empty when there is none."""
    if LAYOUT.card not in bundle.manifest.files:
        return ""
    if bundle.manifest.files[LAYOUT.card].size > CARD_BYTES:
        return render("message.html", kind="plain", text="The model card is too long to be shown here.")
    text = bundle.read(LAYOUT.card).decode("utf-8", "replace").replace("\r\n", "\n")
    lines = map(printable, _HEADER.sub("", text, count=1).split("\n"))
    return render("card.html", html=html_from_markdown("\n".join(lines)))


def html_from_markdown(text: str) -> str:
    """CommonMark and tables -> HTML; raw HTML is shown as text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.validateLink = _is_web_address  # type: ignore[method-assign, assignment]
    tokens = reader.parse(text)
    for token in tokens:
        token.children = _harmless(token.children or [])
    return str(reader.renderer.render(tokens, reader.options, {}))


def _is_web_address(address: str) -> bool:
    return address.lower().startswith(("https://", "http://"))


def _harmless(tokens: Sequence[Token]) -> list[Token]:
    """Inline tokens with pictures as words and links that open elsewhere."""
    kept = []
    for token in tokens:
        if token.type == "image":
            token = Token("text", "", 0, content=token.content)
        elif token.type == "link_open":
            token.attrs |= {"target": "_blank", "rel": "noopener noreferrer nofollow"}
        kept.append(token)
    return kept
