"""The section of words and n-grams: its arrays, and the bounds that docs/ngrams.md sets them."""

from __future__ import annotations

import numpy as np

from tallygate.runtime.engines.integer.image_layout import NGRAM_SIZES, NGRAMS, Sizes, ngram_arrays, padded
from tallygate.runtime.engines.integer.image_sections import arrays_of_section
from tallygate.runtime.ngrams import MAX_IDS, NgramShape, NgramTables, longest_text

_LEAST_SCALE, _SCALES_BELOW = 2.0**-126, 2.0**96


def ngrams_from_section(data: bytes, s: Sizes) -> NgramTables:
    """Raises :class:`ValueError` for a section of another size, and for a number that is out of its range."""
    head = arrays_of_section(NGRAMS, data[: padded(NGRAM_SIZES.size)], [NGRAM_SIZES])
    longest, slots, buckets = head[NGRAM_SIZES.name].tolist()
    # Bounds before sizes are multiplied: the factors themselves come with the arrays.
    NgramShape(longest=longest, slots=slots, buckets=buckets, factors=((1,) * longest,) * 3)
    arrays = arrays_of_section(NGRAMS, data, ngram_arrays(s, longest, slots, buckets))
    factors = tuple(tuple(row) for row in arrays["ngrams.factors"].tolist())
    codes, scales = arrays["ngrams.codes"], arrays["ngrams.scales"]
    rules = {
        "rows": s.rows <= MAX_IDS,
        "max_length": s.max_length <= longest_text(longest),
        "codes": not codes[0].any() and not bool((codes == -128).any()),
        "scales": bool(((scales >= _LEAST_SCALE) & (scales < _SCALES_BELOW)).all()),
    }
    for name, holds in rules.items():
        if not holds:
            raise ValueError(f"n-grams with impossible {name}")
    return NgramTables(
        shape=NgramShape(longest=longest, slots=slots, buckets=buckets, factors=factors),
        words=s.rows,
        codes=codes,
        scales=scales.astype(np.float32),
        displacements=arrays["ngrams.displacements"].astype(np.int64),
        fingerprints=arrays["ngrams.fingerprints"].astype(np.int64),
    )
