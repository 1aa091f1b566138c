"""What reads on where a model cannot: the text so far, read anew at each step, within a bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from tallygate.runtime.prediction import Prediction
from tallygate.runtime.stream.running import RunningPrediction, values_of
from tallygate.runtime.text import Tokenizer

_CHARACTERS_PER_TOKEN = 64


@dataclass
class Rereading:
    """Answers as the whole text does; each answer costs as much as the text so far, up to the bundle's ``max_length``.

    It holds at most :attr:`limit` characters, of the end that the bundle keeps: 64 per token that can count. A text
    whose words are longer than that on average is answered from fewer tokens.
    """

    predict: Callable[[str], Prediction]
    tokenizer: Tokenizer
    text: str = ""
    is_full: bool = False
    """Something was left out."""

    @property
    def limit(self) -> int:
        """Characters that are read anew at most."""
        return _CHARACTERS_PER_TOKEN * self.tokenizer.contract.max_length + 1024

    def push(self, piece: str) -> None:
        """Read on."""
        text, limit = self.text + piece, self.limit
        self.is_full = self.is_full or len(text) > limit
        self.text = text[:limit] if self.tokenizer.contract.keep == "first" else text[-limit:]

    @property
    def prediction(self) -> RunningPrediction:
        """The answer to what was read so far, as if the text ended here."""
        contract = self.tokenizer.contract
        one_more = Tokenizer(self.tokenizer.vocabulary, replace(contract, max_length=contract.max_length + 1))
        tokens = max(len(one_more.tokens(self.text)), 1)
        beyond = self.is_full or tokens > contract.max_length
        answer = values_of(self.predict(self.text))
        return RunningPrediction(**answer, tokens=min(tokens, contract.max_length), beyond=beyond)

    settled = prediction
