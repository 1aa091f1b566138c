"""What may come of a bundle, whoever wrote it: answers that are numbers, or one printable line."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

ENGINES = ("numpy", "onnxruntime")
TEXTS = ["good film", "", "very bad plot not good " * 3]


class FindingError(Exception):
    """Something else came."""


def outcome(path: Path, engine: str) -> str:
    """Open the bundle, load it and ask it. Gives ``answered``, or the name of the error.

    Raises :class:`FindingError` for an error of more than one line or with control characters and for an answer that
    is no number, and whatever else came, a warning among it: each is a finding.
    """
    from tallygate.runtime.classifier import Classifier
    from tallygate.runtime.errors import TallygateError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            predictions = Classifier.load(path, engine).predict(TEXTS)
    except TallygateError as error:
        name, line = type(error).__name__, str(error)
    else:
        numbers = [number for p in predictions for number in (p.score, *p.logits, *p.probabilities.values())]
        if not all(map(math.isfinite, numbers)):
            raise FindingError(f"an answer is not finite: {numbers}")
        return "answered"
    if "\n" in line or not line.isprintable():
        raise FindingError(f"an error is not one printable line: {line!a}")
    return name
