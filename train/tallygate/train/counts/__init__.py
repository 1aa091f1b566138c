"""Words and n-grams of texts, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.counts.tokens import Ints as Ints
    from tallygate.train.counts.tokens import Tokens as Tokens
    from tallygate.train.counts.tokens import find_keys as find_keys
    from tallygate.train.counts.tokens import ngrams_from_tokens as ngrams_from_tokens
    from tallygate.train.counts.tokens import tokens_from_texts as tokens_from_texts
    from tallygate.train.counts.tokens import word_keys as word_keys
    from tallygate.train.counts.vocabulary_builder import ranked_words as ranked_words
    from tallygate.train.counts.vocabulary_builder import vocabulary_from_texts as vocabulary_from_texts
    from tallygate.train.counts.vocabulary_builder import vocabulary_from_words as vocabulary_from_words
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "tokens": ("Ints", "Tokens", "find_keys", "ngrams_from_tokens", "tokens_from_texts", "word_keys"),
            "vocabulary_builder": ("ranked_words", "vocabulary_from_texts", "vocabulary_from_words"),
        },
    )
