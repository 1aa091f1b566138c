"""The integer LSTM: one specification in numpy, the device image that says everything a device needs, the C core."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.engines.integer.engine import IntegerNumpyEngine as IntegerNumpyEngine
    from tallygate.runtime.engines.integer.image import DeviceImage as DeviceImage
    from tallygate.runtime.engines.integer.image import ImageGolden as ImageGolden
    from tallygate.runtime.engines.integer.image import read_image as read_image
    from tallygate.runtime.engines.integer.library import library_is_there as library_is_there
    from tallygate.runtime.engines.integer.library import load_library as load_library
    from tallygate.runtime.engines.integer.lstm import IntegerLSTM as IntegerLSTM
    from tallygate.runtime.engines.integer.native import NativeEngine as NativeEngine
    from tallygate.runtime.engines.integer.native import native_engines as native_engines
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "engine": ("IntegerNumpyEngine",),
            "image": ("DeviceImage", "ImageGolden", "read_image"),
            "library": ("library_is_there", "load_library"),
            "lstm": ("IntegerLSTM",),
            "native": ("NativeEngine", "native_engines"),
        },
    )
