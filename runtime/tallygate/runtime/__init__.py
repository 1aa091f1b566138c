"""What a device runs: text to label, from a bundle, without torch.

>>> from tallygate.runtime import Classifier
>>> Classifier.load().predict("A wonderful film").label
'positive'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.bundle import Bundle, open_bundle
    from tallygate.runtime.classifier import Classifier
    from tallygate.runtime.errors import TallygateError
    from tallygate.runtime.prediction import Prediction
    from tallygate.runtime.text import TextContract, Tokenizer
    from tallygate.runtime.vocabulary import Vocabulary

_HOMES = {
    "Bundle": "bundle",
    "Classifier": "classifier",
    "Prediction": "prediction",
    "TallygateError": "errors",
    "TextContract": "text",
    "Tokenizer": "text",
    "Vocabulary": "vocabulary",
    "open_bundle": "bundle",
}

__all__ = [
    "Bundle", "Classifier", "Prediction", "TallygateError", "TextContract", "Tokenizer", "Vocabulary", "open_bundle",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``tallygate --help`` loads no numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(f"{__name__}.{_HOMES[name]}")
    return vars(home)[name]
