"""The same model in other precisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.export.variants.integer import ImageFacts as ImageFacts
    from tallygate.export.variants.integer import image_from_weights as image_from_weights
    from tallygate.export.variants.integer import integer_from_onnx as integer_from_onnx
    from tallygate.export.variants.recipes import DEFAULT_VARIANTS as DEFAULT_VARIANTS
    from tallygate.export.variants.recipes import VARIANTS as VARIANTS
    from tallygate.export.variants.recipes import WHERE_IT_FITS as WHERE_IT_FITS
    from tallygate.export.variants.recipes import VariantRecipe as VariantRecipe
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "integer": ("ImageFacts", "image_from_weights", "integer_from_onnx"),
            "recipes": ("DEFAULT_VARIANTS", "VARIANTS", "WHERE_IT_FITS", "VariantRecipe"),
        },
    )
