"""The weights of an exported classifier, taken from its ONNX file by name and checked against each other."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.plain.stored_weights import stored_weight
from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph import (
    ARCHITECTURE,
    CODES,
    DISPLACEMENTS,
    FINGERPRINTS,
    SCALES,
    ActivationName,
    Architecture,
    OnnxFile,
)
from tallygate.runtime.ngrams import NgramTables, as_numbers

__all__ = ["ARCHITECTURE", "DirectionWeights", "Weights", "weights_from_onnx"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class DirectionWeights:
    """One direction of one layer; gates in ONNX's order i, o, f, c."""

    inputs: Array
    """[4 * units, inputs]."""
    recurrence: Array
    """[4 * units, units]."""
    bias: Array
    """[4 * units]: the sum of ONNX's input and recurrence biases."""

    @property
    def units(self) -> int:
        """Units of the LSTM."""
        return int(self.recurrence.shape[1])


@dataclass(frozen=True)
class Weights:
    """All weights of one classifier."""

    embedding: Array
    """[rows, embedding size]."""
    layers: list[list[DirectionWeights]]
    """By layer, then forward and perhaps backward."""
    head_weight: Array
    """[outputs, units * directions]."""
    head_bias: Array
    """[outputs]."""
    pooling: str
    pooling_floor: int = 1
    """Least divisor of a mean."""
    ngrams: NgramTables | None = None
    """Beside the LSTM, where there are any."""
    head_activation: ActivationName = "linear"

    @property
    def units(self) -> int:
        """Units of the last layer, per direction."""
        return self.layers[-1][0].units


def weights_from_onnx(file: OnnxFile, source: object) -> Weights:
    """Collect the weights. Raises :class:`BundleInvalidError` where a name is missing or a shape does not fit."""
    try:
        architecture = msgspec.json.decode(file.metadata[ARCHITECTURE], type=Architecture)
        weights = _collect(file, architecture)
        _check_shapes(weights)
    except KeyError as error:
        raise BundleInvalidError(source, f"has no {error.args[0]}", "export it with tallygate") from error
    except (ValueError, IndexError, msgspec.MsgspecError) as error:
        raise BundleInvalidError(source, f"has unusable weights ({error})", "export it with tallygate") from error
    return weights


def _collect(file: OnnxFile, architecture: Architecture) -> Weights:
    return Weights(
        embedding=stored_weight(file, "embedding.weight"),
        layers=[
            [_direction(file, f"lstm.{k}.{d}") for d in architecture.directions] for k in range(architecture.layers)
        ],
        head_weight=stored_weight(file, "head.weight"),
        head_bias=stored_weight(file, "head.bias"),
        pooling=architecture.pooling,
        pooling_floor=architecture.pooling_floor,
        ngrams=_ngrams(file, architecture),
        head_activation=architecture.head_activation,
    )


def _ngrams(file: OnnxFile, architecture: Architecture) -> NgramTables | None:
    if architecture.ngrams is None:
        return None
    codes = file.tensors[CODES].array()
    return NgramTables(
        shape=architecture.ngrams,
        words=len(codes) - architecture.ngrams.slots,
        codes=codes,
        scales=file.tensors[SCALES].array(),
        displacements=as_numbers(file.tensors[DISPLACEMENTS].array()),
        fingerprints=as_numbers(file.tensors[FINGERPRINTS].array()),
    )


def _direction(file: OnnxFile, name: str) -> DirectionWeights:
    bias = stored_weight(file, f"{name}.b")[0]
    half = len(bias) // 2
    return DirectionWeights(
        inputs=stored_weight(file, f"{name}.w")[0],
        recurrence=stored_weight(file, f"{name}.r")[0],
        bias=bias[:half] + bias[half:],
    )


def _check_shapes(weights: Weights) -> None:
    width = weights.embedding.shape[1]
    for layer in weights.layers:
        units = layer[0].units
        for direction in layer:
            shapes = (direction.inputs.shape, direction.recurrence.shape, direction.bias.shape)
            if shapes != ((4 * units, width), (4 * units, units), (4 * units,)):
                raise ValueError(f"an LSTM has shapes {shapes} for {width} inputs")
        width = units * len(layer)
    width *= len(weights.pooling.split("-"))
    if weights.head_weight.shape[1] != width or weights.head_bias.shape != weights.head_weight.shape[:1]:
        raise ValueError(f"the head has shape {weights.head_weight.shape} for {width} inputs")
