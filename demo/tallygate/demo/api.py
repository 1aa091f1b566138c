"""What programs can ask of the page, through ``gradio_client`` or plain HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
from gradio.events import api

from tallygate.demo.copies import Copies
from tallygate.demo.limits import check_name, check_text, check_texts
from tallygate.demo.tabs.events import told
from tallygate.runtime.prediction import Prediction


def add_api(copies: Copies) -> None:
    """Register the endpoints ``/classify``, ``/classify_many`` and ``/copies`` in the current block.

    Whatever a program sends arrives here as it is: Gradio holds nobody to the annotations.
    """

    @told
    def classify(text: str, copy: str = "auto") -> dict[str, Any]:
        """Classify one text; ``copy`` is one of ``/copies``, or ``auto``."""
        return _facts(copies.load(copies.find(check_name(copy))).predict(check_text(text)))

    @told
    def classify_many(texts: list[str], copy: str = "auto") -> list[dict[str, Any]]:
        """Classify a list of texts, in order."""
        return [_facts(p) for p in copies.load(copies.find(check_name(copy))).predict(check_texts(texts))]

    def names() -> list[str]:
        """Names of all copies that this machine runs; the first is ``auto``'s choice."""
        return copies.names

    api(classify, api_name="classify", concurrency_id="model")
    api(classify_many, api_name="classify_many", concurrency_id="model")
    api(names, api_name="copies", concurrency_id="model")


def _facts(prediction: Prediction) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(prediction)
    return facts | {"logits": list(prediction.logits)}
