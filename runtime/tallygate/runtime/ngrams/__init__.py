"""Which words and n-grams of a text a model knows, and what they add to its logits: docs/ngrams.md in code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.ngrams.lookup import NgramTables as NgramTables
    from tallygate.runtime.ngrams.lookup import as_bytes as as_bytes
    from tallygate.runtime.ngrams.lookup import as_numbers as as_numbers
    from tallygate.runtime.ngrams.lookup import columns_of as columns_of
    from tallygate.runtime.ngrams.lookup import hashes as hashes
    from tallygate.runtime.ngrams.lookup import slots_of as slots_of
    from tallygate.runtime.ngrams.shape import HASH_BITS as HASH_BITS
    from tallygate.runtime.ngrams.shape import HASHES as HASHES
    from tallygate.runtime.ngrams.shape import MAX_FACTOR as MAX_FACTOR
    from tallygate.runtime.ngrams.shape import MAX_IDS as MAX_IDS
    from tallygate.runtime.ngrams.shape import MAX_SLOTS as MAX_SLOTS
    from tallygate.runtime.ngrams.shape import NgramShape as NgramShape
    from tallygate.runtime.ngrams.shape import longest_text as longest_text
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "lookup": ("NgramTables", "as_bytes", "as_numbers", "columns_of", "hashes", "slots_of"),
            "shape": ("HASHES", "HASH_BITS", "MAX_FACTOR", "MAX_IDS", "MAX_SLOTS", "NgramShape", "longest_text"),
        },
    )
