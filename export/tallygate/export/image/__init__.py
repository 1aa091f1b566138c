"""The device image: an exported LSTM as integers in one flat file, made from the weights of its ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.export.image.formats import Formats as Formats
    from tallygate.export.image.formats import Ranges as Ranges
    from tallygate.export.image.formats import formats_for as formats_for
    from tallygate.export.image.formats import measured_ranges as measured_ranges
    from tallygate.export.image.quantized import check_is_plain as check_is_plain
    from tallygate.export.image.quantized import integer_from_weights as integer_from_weights
    from tallygate.export.image.writer import ImageContents as ImageContents
    from tallygate.export.image.writer import image_from as image_from
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "formats": (
                "Formats",
                "Ranges",
                "formats_for",
                "measured_ranges",
            ),
            "quantized": ("check_is_plain", "integer_from_weights"),
            "writer": (
                "ImageContents",
                "image_from",
            ),
        },
    )
