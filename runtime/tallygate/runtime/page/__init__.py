"""One HTML file that holds a bundle's device image and what reads it, and proves itself when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.page.contents import PageContents as PageContents
    from tallygate.runtime.page.contents import contents_of as contents_of
    from tallygate.runtime.page.document import page_of as page_of
    from tallygate.runtime.page.sources import Sources as Sources
    from tallygate.runtime.page.sources import read_sources as read_sources
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "contents": ("PageContents", "contents_of"),
            "document": ("page_of",),
            "sources": ("Sources", "read_sources"),
        },
    )
