"""What the embedding begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.words.language_model import Pretraining as Pretraining
    from tallygate.train.words.ppmi import vectors_from_tokens as vectors_from_tokens
    from tallygate.train.words.shared_rows import share_rows as share_rows
    from tallygate.train.words.start import Vectors as Vectors
    from tallygate.train.words.start import embedding_from_vectors as embedding_from_vectors
    from tallygate.train.words.start import shipped_vectors as shipped_vectors
    from tallygate.train.words.start import vectors_from_file as vectors_from_file
    from tallygate.train.words.word_vectors import SPREAD as SPREAD
    from tallygate.train.words.word_vectors import first_embedding as first_embedding
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "language_model": ("Pretraining",),
            "ppmi": ("vectors_from_tokens",),
            "shared_rows": ("share_rows",),
            "start": ("Vectors", "embedding_from_vectors", "shipped_vectors", "vectors_from_file"),
            "word_vectors": ("SPREAD", "first_embedding"),
        },
    )
