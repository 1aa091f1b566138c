"""The same LSTM in plain numpy, from the weights of the ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.engines.plain.activations import ACTIVATIONS as ACTIVATIONS
    from tallygate.runtime.engines.plain.activations import LEAKY_SLOPE as LEAKY_SLOPE
    from tallygate.runtime.engines.plain.activations import ActivationName as ActivationName
    from tallygate.runtime.engines.plain.activations import sigmoid as sigmoid
    from tallygate.runtime.engines.plain.engine import NumpyEngine as NumpyEngine
    from tallygate.runtime.engines.plain.engine import Trace as Trace
    from tallygate.runtime.engines.plain.engine import reverse_within_length as reverse_within_length
    from tallygate.runtime.engines.plain.weights import ARCHITECTURE as ARCHITECTURE
    from tallygate.runtime.engines.plain.weights import DirectionWeights as DirectionWeights
    from tallygate.runtime.engines.plain.weights import Weights as Weights
    from tallygate.runtime.engines.plain.weights import weights_from_onnx as weights_from_onnx
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "activations": ("ACTIVATIONS", "ActivationName", "LEAKY_SLOPE", "sigmoid"),
            "engine": ("NumpyEngine", "Trace", "reverse_within_length"),
            "weights": ("ARCHITECTURE", "DirectionWeights", "Weights", "weights_from_onnx"),
        },
    )
