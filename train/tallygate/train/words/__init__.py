"""What the embedding begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.words.language_model import Pretraining as Pretraining
    from tallygate.train.words.shared_rows import share_rows as share_rows
    from tallygate.train.words.word_vectors import SPREAD as SPREAD
    from tallygate.train.words.word_vectors import first_embedding as first_embedding
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "language_model": ("Pretraining",),
            "shared_rows": ("share_rows",),
            "word_vectors": ("SPREAD", "first_embedding"),
        },
    )
