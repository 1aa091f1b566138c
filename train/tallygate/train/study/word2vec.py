"""Word vectors that are learnt without labels: word2vec (Mikolov et al. 2013) by gensim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gensim.models import KeyedVectors, Word2Vec

VectorKind = Literal["cbow", "skip-gram"]
WINDOW = 5
"""Words to each side of a word that are its context."""
NEGATIVES = 5
"""Random words that each word is told from."""
LEAST_COUNT = 5
"""Occurrences below which a word gets no vector, where texts are many."""
SUBSAMPLING = 1e-3
"""Share of all tokens from which on a word is left out at random; where texts are few, every token is needed."""
_MOST_EPOCHS = 20
_MANY_TOKENS = 1_000_000
_STEPS = {"cbow": 60_000_000, "skip-gram": 20_000_000}
"""Tokens that are read in all passes together: a pass of skip-gram costs about three of CBOW."""


def word_vectors(sentences: Sequence[list[str]], kind: VectorKind, size: int, seed: int) -> KeyedVectors:
    """Vectors of every frequent word, float32 [words, size]; the same arguments give the same vectors.

    One worker, because several would read the sentences in an order that no seed decides.
    """
    tokens = sum(map(len, sentences))
    is_large = tokens >= _MANY_TOKENS
    model = Word2Vec(
        sentences,
        vector_size=size,
        sg=int(kind == "skip-gram"),
        window=WINDOW,
        negative=NEGATIVES,
        min_count=LEAST_COUNT if is_large else 1,
        sample=SUBSAMPLING if is_large else 0.0,
        epochs=min(_MOST_EPOCHS, max(1, round(_STEPS[kind] / max(tokens, 1)))),
        seed=seed,
        workers=1,
    )
    return model.wv
