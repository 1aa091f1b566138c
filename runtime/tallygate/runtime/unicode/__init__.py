"""One named version of Unicode as tables that travel with the code: the same on every Python, in C and in browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.unicode.composition import compose as compose
    from tallygate.runtime.unicode.ordering import in_canonical_order as in_canonical_order
    from tallygate.runtime.unicode.tables import CODE_POINTS as CODE_POINTS
    from tallygate.runtime.unicode.tables import DECOMPOSES as DECOMPOSES
    from tallygate.runtime.unicode.tables import JOINS as JOINS
    from tallygate.runtime.unicode.tables import UNICODE_VERSION as UNICODE_VERSION
    from tallygate.runtime.unicode.tables import WORD as WORD
    from tallygate.runtime.unicode.tables import unicode_tables as unicode_tables
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "composition": ("compose",),
            "ordering": ("in_canonical_order",),
            "tables": (
                "CODE_POINTS",
                "DECOMPOSES",
                "JOINS",
                "UNICODE_VERSION",
                "WORD",
                "unicode_tables",
            ),
        },
    )
