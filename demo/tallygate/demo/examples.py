"""Texts to try, of our own writing; each shows something."""

from __future__ import annotations

WARM = (
    "I went in expecting nothing and came out smiling. The story is simple, the acting is wonderful, "
    "and the last scene is one of the most moving I have seen in years."
)
COLD = (
    "What a waste of an evening. The plot makes no sense, the dialogue is awful, and after an hour I was "
    "so bored that I counted the lamps on the ceiling."
)
TURN = (
    "The first half is dull and the jokes are terrible. But then the film finds its heart, "
    "and by the end I loved every minute of it. A great surprise."
)
NEGATION = "Not bad at all. I cannot say that I was bored, and nobody in our row wanted to leave."
STRANGE = "A zorbly flimptastic quaddle of a film, utterly wonderful in spite of its blarfish grommeting."
LONG = (
    "A terrible, boring, awful beginning. "
    + "We sat in the third row and my sister had brought some oranges. " * 60
    + "And then the ending was simply perfect, a beautiful and touching scene."
)

EXAMPLES = {
    "Warm praise": WARM,
    "Cold anger": COLD,
    "A change of heart": TURN,
    "Not bad at all": NEGATION,
    "Unknown words": STRANGE,
    "Too long to read": LONG,
}
"""Name -> text."""

PASTED = "\n".join([WARM, COLD, TURN, NEGATION, "It was a film.", ""]).strip()
"""A list for the comparison of copies, one text per line."""
