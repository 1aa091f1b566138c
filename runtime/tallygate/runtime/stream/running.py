"""The running answer: what a text that has not ended is so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines import Engine, StreamEngine, Streams
from tallygate.runtime.errors import InputError
from tallygate.runtime.prediction import Prediction, PredictionMaker
from tallygate.runtime.text import utf8_of


@dataclass(frozen=True, slots=True)
class RunningPrediction(Prediction):
    """As :class:`Prediction`, and how much of the text it is the answer to."""

    tokens: int
    """Tokens that were read; 1 for a text without any, as the text contract has it."""
    beyond: bool
    """More tokens than ``max_length``: the whole text would be cut there, and the stream has read them all."""


@dataclass(frozen=True)
class RunningMaker:
    """Turns logits and numbers of tokens into running answers."""

    maker: PredictionMaker
    max_length: int

    def make(self, logits: NDArray[np.float64], tokens: NDArray[np.int64]) -> list[RunningPrediction]:
        """``logits`` [batch, outputs], ``tokens`` [batch] -> an answer per row."""
        answers = self.maker.make(logits.astype(np.float32), tokens.tolist())
        return [
            RunningPrediction(**values_of(answer), tokens=count, beyond=count > self.max_length)
            for answer, count in zip(answers, tokens.tolist(), strict=True)
        ]


def values_of(answer: Prediction) -> dict[str, Any]:
    """The fields of ``answer``."""
    return {field.name: getattr(answer, field.name) for field in fields(answer)}


def streams_of(engine: Engine | StreamEngine, count: int) -> Streams:
    """So many streams. Raises :class:`InputError` for an engine or a model that cannot read a text as it comes."""
    if not isinstance(engine, StreamEngine):
        thing = f"{engine.precision} on {engine.name}"
        mend = 'load the bundle with precision="integer", or one with a streaming graph as fp32 on onnxruntime'
        raise InputError(thing, "cannot read a text as it comes", mend)
    return engine.streams(count)


def utf8(pieces: Sequence[str | bytes]) -> list[bytes]:
    """Pieces as UTF-8. Raises :class:`InputError` for anything but strings and bytes."""
    return [_utf8(piece) for piece in pieces]


def _utf8(piece: str | bytes) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if not isinstance(piece, str):
        reason = f"is of type {type(piece).__name__}, not a string"
        raise InputError("the piece", reason, "pass strings, or bytes in UTF-8")
    return utf8_of(piece)
