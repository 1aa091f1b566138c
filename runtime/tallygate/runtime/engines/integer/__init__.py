"""The integer LSTM: one specification in numpy, the device image that says everything a device needs, the C core."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.engines.integer.arithmetic import CODE_ONE as CODE_ONE
    from tallygate.runtime.engines.integer.arithmetic import SEGMENTS as SEGMENTS
    from tallygate.runtime.engines.integer.arithmetic import STATE_ONE as STATE_ONE
    from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine as IntegerNumpyEngine
    from tallygate.runtime.engines.integer.image import DeviceImage as DeviceImage
    from tallygate.runtime.engines.integer.image import ImageGolden as ImageGolden
    from tallygate.runtime.engines.integer.image import read_image as read_image
    from tallygate.runtime.engines.integer.image_layout import ACTIVATIONS as ACTIVATIONS
    from tallygate.runtime.engines.integer.image_layout import ENTRY as ENTRY
    from tallygate.runtime.engines.integer.image_layout import HASHED_HEADER as HASHED_HEADER
    from tallygate.runtime.engines.integer.image_layout import HEADER as HEADER
    from tallygate.runtime.engines.integer.image_layout import KEEPS as KEEPS
    from tallygate.runtime.engines.integer.image_layout import MAGIC as MAGIC
    from tallygate.runtime.engines.integer.image_layout import NGRAMS as NGRAMS
    from tallygate.runtime.engines.integer.image_layout import POOLINGS as POOLINGS
    from tallygate.runtime.engines.integer.image_layout import REQUIRED as REQUIRED
    from tallygate.runtime.engines.integer.image_layout import TEXT_CLASSIFICATION as TEXT_CLASSIFICATION
    from tallygate.runtime.engines.integer.image_layout import VERSION as VERSION
    from tallygate.runtime.engines.integer.image_layout import ArraySpec as ArraySpec
    from tallygate.runtime.engines.integer.image_layout import Sizes as Sizes
    from tallygate.runtime.engines.integer.image_layout import ngram_arrays as ngram_arrays
    from tallygate.runtime.engines.integer.image_layout import padded as padded
    from tallygate.runtime.engines.integer.image_layout import section_arrays as section_arrays
    from tallygate.runtime.engines.integer.image_layout import slots_of_words as slots_of_words
    from tallygate.runtime.engines.integer.library import KERNEL_VARIABLE as KERNEL_VARIABLE
    from tallygate.runtime.engines.integer.library import MEND as MEND
    from tallygate.runtime.engines.integer.library import available_kernels as available_kernels
    from tallygate.runtime.engines.integer.library import library_is_there as library_is_there
    from tallygate.runtime.engines.integer.library import load_library as load_library
    from tallygate.runtime.engines.integer.lstm import IntegerLSTM as IntegerLSTM
    from tallygate.runtime.engines.integer.model import Direction as Direction
    from tallygate.runtime.engines.integer.model import Head as Head
    from tallygate.runtime.engines.integer.model import InputTable as InputTable
    from tallygate.runtime.engines.integer.model import IntegerModel as IntegerModel
    from tallygate.runtime.engines.integer.model import Pooling as Pooling
    from tallygate.runtime.engines.integer.model import largest_input_code as largest_input_code
    from tallygate.runtime.engines.integer.native import NativeEngine as NativeEngine
    from tallygate.runtime.engines.integer.native import native_engines as native_engines
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "arithmetic": (
                "CODE_ONE",
                "SEGMENTS",
                "STATE_ONE",
            ),
            "engine": ("IntegerNumpyEngine",),
            "image": (
                "DeviceImage",
                "ImageGolden",
                "read_image",
            ),
            "image_layout": (
                "ACTIVATIONS",
                "ArraySpec",
                "ENTRY",
                "HASHED_HEADER",
                "HEADER",
                "KEEPS",
                "MAGIC",
                "NGRAMS",
                "POOLINGS",
                "REQUIRED",
                "Sizes",
                "TEXT_CLASSIFICATION",
                "VERSION",
                "ngram_arrays",
                "padded",
                "section_arrays",
                "slots_of_words",
            ),
            "library": (
                "KERNEL_VARIABLE",
                "MEND",
                "available_kernels",
                "library_is_there",
                "load_library",
            ),
            "lstm": ("IntegerLSTM",),
            "model": (
                "Direction",
                "Head",
                "InputTable",
                "IntegerModel",
                "Pooling",
                "largest_input_code",
            ),
            "native": (
                "NativeEngine",
                "native_engines",
            ),
        },
    )
