"""Images that know many words: equal ids say little where every word is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from tallygate.export.image.formats import Formats
from tallygate.export.image.quantized import integer_from_weights
from tallygate.export.image.writer import ImageContents, image_from
from tallygate.runtime.engines.integer.native import NativeEngine
from tallygate.runtime.engines.plain import DirectionWeights, Weights
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary

ROWS = 5001


def tokenizer_of(
    words: Iterable[str], punctuation: str = "", keep: Literal["first", "last"] = "last", max_length: int = 400
) -> Tokenizer:
    """Words share rows, so that two words which are taken for each other are seen with few exceptions."""
    rows = {word: 2 + place % (ROWS - 2) for place, word in enumerate(dict.fromkeys(words))}
    contract = TextContract(max_length=max_length, keep=keep, punctuation=punctuation, version=2)
    return Tokenizer(Vocabulary(rows, ROWS), contract)


def engine_of(tokenizer: Tokenizer) -> NativeEngine:
    """The C core with the tokenizer's words, marks and contract, around the smallest LSTM."""
    ones = np.ones((4, 1), np.float32)
    weights = Weights(
        embedding=np.linspace(-1, 1, ROWS, dtype=np.float32)[:, None],
        layers=[[DirectionWeights(ones, ones, ones[:, 0])]],
        head_weight=np.ones((1, 1), np.float32),
        head_bias=np.ones(1, np.float32),
        pooling="mean",
        head_activation="linear",
    )
    model = integer_from_weights(weights, Formats(9, 11))
    contents = ImageContents(model, tokenizer.vocabulary, tokenizer.contract, ["no", "yes"], np.ones(1), [])
    return NativeEngine(image_from(contents), "scalar")
