"""Looking through the answers to a file: filter, order, page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tallygate.demo.batch import Answered

PAGE_ROWS = 25
EVERY_LABEL = "all labels"

ORDERS: dict[str, Callable[[Answered], object]] = {
    "file order": lambda row: row.line,
    "least sure first": lambda row: row.score,
    "surest first": lambda row: -row.score,
    "by label": lambda row: (row.label, -row.score),
    "by text": lambda row: row.preview.casefold(),
}
"""Name -> what the rows are sorted by."""


@dataclass(frozen=True)
class Page:
    """The rows that are shown."""

    rows: list[Answered]
    number: int
    """From 1."""
    pages: int
    found: int
    """Rows that pass the filter."""


def page_of(rows: list[Answered], label: str, words: str, order: str, number: int) -> Page:
    """Filter ``rows`` by label and by words in their beginnings, sort them, and cut out page ``number`` from 1."""
    wanted = words.casefold().strip()
    found = [r for r in rows if label in (EVERY_LABEL, r.label) and wanted in r.preview.casefold()]
    found.sort(key=ORDERS[order])  # type: ignore[arg-type]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    number = min(max(1, number), pages)
    return Page(found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS], number, pages, len(found))
