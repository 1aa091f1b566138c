"""One weight of an ONNX file as float32, however it is stored: as it is, cast, or as integers with scales."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.graph import Node, OnnxFile

Array = NDArray[np.float32]
_MAKES_FLOAT = ("DequantizeLinear", "Cast")


def stored_weight(file: OnnxFile, name: str) -> Array:
    """The initializer ``name`` as the graph uses it.

    Raises :class:`KeyError` when it is not there and :class:`ValueError` when it is no number, or its scales do not
    fit it.
    """
    array = file.tensors[name].array()
    maker = next((node for node in file.nodes if node.inputs[:1] == (name,) and node.kind in _MAKES_FLOAT), None)
    if maker is not None and maker.kind == "DequantizeLinear":
        return _dequantized(file, maker)
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"{name} has dtype {array.dtype}, not a float")
    return array.astype(np.float32)


def _dequantized(file: OnnxFile, node: Node) -> Array:
    """``(codes - zero_point) * scale`` (https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html)."""
    codes = file.tensors[node.inputs[0]].array()
    axis = node.attributes.get("axis", 1)
    if not isinstance(axis, int) or node.attributes.get("block_size"):
        raise ValueError(f"{node.inputs[0]} has scales per block, which tallygate does not write")
    numbers = codes.astype(np.float32)
    if len(node.inputs) > 2 and node.inputs[2]:
        numbers -= _beside(file.tensors[node.inputs[2]].array().astype(np.float32), codes.shape, axis)
    result: Array = numbers * _beside(_scales(file, node.inputs[1]), codes.shape, axis)
    return result


def _scales(file: OnnxFile, name: str) -> Array:
    """Scales are an initializer, or themselves dequantized."""
    if name in file.tensors:
        scales: Array = file.tensors[name].array().astype(np.float32)
        return scales
    maker = next((node for node in file.nodes if name in node.outputs), None)
    if maker is None or maker.kind != "DequantizeLinear" or maker.inputs[0] not in file.tensors:
        raise ValueError(f"scales {name} are computed")
    return _dequantized(file, maker)


def _beside(values: NDArray[Any], shape: tuple[int, ...], axis: int) -> NDArray[Any]:
    """One value for all, or one per position on ``axis``, so that they fit beside the codes."""
    if values.size == 1:
        return values.reshape(())
    axis = range(len(shape))[axis]
    if values.shape != (shape[axis],):
        raise ValueError(f"{values.shape} scales are given for the {shape[axis]} positions of axis {axis}")
    return values.reshape([-1 if place == axis else 1 for place in range(len(shape))])
