"""How text becomes ids: the text contract and the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.text.encoding import utf8_of as utf8_of
    from tallygate.runtime.text.tokenizer import TEXT_VERSION as TEXT_VERSION
    from tallygate.runtime.text.tokenizer import Splitter as Splitter
    from tallygate.runtime.text.tokenizer import TextContract as TextContract
    from tallygate.runtime.text.tokenizer import Tokenizer as Tokenizer
    from tallygate.runtime.text.vocabulary import FIRST_WORD as FIRST_WORD
    from tallygate.runtime.text.vocabulary import PADDING as PADDING
    from tallygate.runtime.text.vocabulary import UNKNOWN as UNKNOWN
    from tallygate.runtime.text.vocabulary import Vocabulary as Vocabulary
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "encoding": ("utf8_of",),
            "tokenizer": ("TEXT_VERSION", "Splitter", "TextContract", "Tokenizer"),
            "vocabulary": ("FIRST_WORD", "PADDING", "UNKNOWN", "Vocabulary"),
        },
    )
