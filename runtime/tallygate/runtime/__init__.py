"""What a device runs: text to label, from a bundle, without torch.

>>> from tallygate.runtime import Classifier
>>> Classifier.load().predict("A wonderful film").label
'positive'
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# From 1.29 on, onnxruntime's own builds keep a device id and a database of events in the user's cache and send them to
# their maker, from the moment they are imported. Whoever wants that sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from tallygate.runtime.bundle import Bundle as Bundle
    from tallygate.runtime.bundle import open_bundle as open_bundle
    from tallygate.runtime.classifier import Classifier as Classifier
    from tallygate.runtime.errors import TallygateError as TallygateError
    from tallygate.runtime.prediction import Prediction as Prediction
    from tallygate.runtime.stream import RunningPrediction as RunningPrediction
    from tallygate.runtime.stream import Stream as Stream
    from tallygate.runtime.stream import StreamBatch as StreamBatch
    from tallygate.runtime.text import TextContract as TextContract
    from tallygate.runtime.text import Tokenizer as Tokenizer
    from tallygate.runtime.text import Vocabulary as Vocabulary
    from tallygate.runtime.version import __version__ as __version__
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "bundle": ("Bundle", "open_bundle"),
            "classifier": ("Classifier",),
            "errors": ("TallygateError",),
            "prediction": ("Prediction",),
            "stream": ("RunningPrediction", "Stream", "StreamBatch"),
            "text": ("TextContract", "Tokenizer", "Vocabulary"),
            "version": ("__version__",),
        },
    )
