"""integer: the LSTM in integers as a device image, the same bits on every processor.

The image is made from the fp32 graph's own initializers, so a bundle's graph makes its image again, to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from tallygate.export.image import (
    Formats,
    ImageContents,
    check_is_plain,
    formats_for,
    image_from,
    integer_from_weights,
    measured_ranges,
)
from tallygate.runtime.engines.integer import ImageGolden, IntegerLSTM, read_image
from tallygate.runtime.engines.plain import Weights, weights_from_onnx
from tallygate.runtime.errors import BundleInvalidError, VariantUnfitError
from tallygate.runtime.graph import read_onnx
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary

MEASURED_ROWS = 1000
"""Texts whose ranges are measured: gates and cells reach their largest values on the longest ones."""
GOLDENS = 48
"""Golden texts that go into the image."""


@dataclass(frozen=True)
class ImageFacts:
    """What an image holds beside the weights."""

    vocabulary: Vocabulary
    contract: TextContract
    labels: Sequence[str]
    temperatures: Sequence[float]
    """Of texts of 1, 2, ... tokens; the last one of all longer texts."""
    texts: Sequence[str]
    """Golden texts, the telling ones first."""
    measured: Sequence[str]
    """Texts to measure ranges on; the golden ones where there are none."""


def integer_from_onnx(graph: onnx.ModelProto, facts: ImageFacts) -> bytes:
    """The device image of the fp32 ``graph``. Raises :class:`VariantUnfitError` for a model that fits no image."""
    weights = weights_from_onnx(read_onnx(graph.SerializeToString(deterministic=True), "fp32"), "fp32")
    check_is_plain(weights)
    tokenizer = Tokenizer(facts.vocabulary, _by_tables(facts.contract))
    rows = [tokenizer.encode(text) for text in (facts.measured or facts.texts)[:MEASURED_ROWS]]
    image = image_from_weights(weights, facts, formats_for(measured_ranges(weights, rows)))
    try:
        read_image(image, "the integer variant")
    except BundleInvalidError as error:
        raise VariantUnfitError(error.thing, error.reason, "leave the variant out") from error
    return image


def image_from_weights(weights: Weights, facts: ImageFacts, formats: Formats) -> bytes:
    """The device image in the given formats: what :func:`integer_from_onnx` writes once they are measured."""
    contract = _by_tables(facts.contract)
    model = integer_from_weights(weights, formats)
    goldens = _goldens(IntegerLSTM(model), Tokenizer(facts.vocabulary, contract), facts.texts[:GOLDENS])
    temperatures = np.array(facts.temperatures)
    return image_from(ImageContents(model, facts.vocabulary, contract, facts.labels, temperatures, goldens))


def _by_tables(contract: TextContract) -> TextContract:
    """A device has no Unicode tables but those that travel with the code."""
    return TextContract(max_length=contract.max_length, keep=contract.keep, punctuation=contract.punctuation, version=2)


def _goldens(lstm: IntegerLSTM, tokenizer: Tokenizer, texts: Sequence[str]) -> list[ImageGolden]:
    return [ImageGolden(text, _alone(lstm, tokenizer.encode(text))) for text in texts]


def _alone(lstm: IntegerLSTM, row: list[int]) -> NDArray[np.float64]:
    logits = lstm.logits(np.array([row]), np.array([len(row)]))
    return logits.reshape(-1)
