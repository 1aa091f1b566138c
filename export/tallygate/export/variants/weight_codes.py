"""Weights as small integers: each keeps its name and shape, and a standard ``DequantizeLinear`` makes it float again.

The integers of a weight ``w`` stand in the initializer ``w`` and its scales in ``w.scale``; code 0 is the number 0.
Scales that are many are integers themselves, with one step for all in ``w.scale.scale``.

No scale is below float32's least normal number: a denormal one is 0 to whatever flushes denormals, or has too few bits
to be divided by, and what is divided by 0 has no code. Weights that are smaller still become code 0, or nearly so: none
moves by more than half a scale all the same. A row of zeros has that least scale too, not some number of its own, which
would make the step of coded scales coarse for all the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SCALE_SUFFIX = ".scale"
DEQUANTIZED_SUFFIX = ".dequantized"
_TYPES = {8: TensorProto.INT8, 4: TensorProto.INT4}
_SCALE_CODES = 255
LEAST_SCALE = np.finfo(np.float32).tiny
"""float32's least normal number, 1.2e-38."""


@dataclass(frozen=True)
class Codes:
    """One weight as integers: ``weight ~ codes * scales``, the scales along ``axis``."""

    codes: NDArray[np.int8]
    """Of the weight's shape, from -(2^(bits-1) - 1) to 2^(bits-1) - 1."""
    scales: NDArray[Any]
    """[positions on the axis] float32, or uint8 to be multiplied by ``step``."""
    axis: int
    bits: int
    step: NDArray[np.float32] | None = None
    """[] of coded scales."""


def codes_from_weight(weight: NDArray[np.float32], axis: int, bits: int) -> Codes:
    """Round ``weight`` to integers, one scale per position on ``axis``: the largest size becomes the largest code.

    Symmetric, as onnxruntime wants weights
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    """
    scales = largest_scales(weight, axis, bits)
    return Codes(rounded(weight, scales, axis, bits), scales, axis, bits)


def codes_with_coded_scales(weight: NDArray[np.float32], axis: int, bits: int) -> Codes:
    """As :func:`codes_from_weight`, with a byte per scale, for weights with many positions on ``axis``.

    Scales are rounded up to a multiple of the largest one's 255th part, so no weight is cut off and none moves by
    more than half its own scale and that part (after Dettmers et al. 2023, arXiv:2305.14314, section 3).
    """
    scales = largest_scales(weight, axis, bits)
    step = np.asarray(max(scales.max() / np.float32(_SCALE_CODES), LEAST_SCALE), np.float32)
    scale_codes = np.clip(np.ceil(scales / step), 1, _SCALE_CODES).astype(np.uint8)
    return Codes(rounded(weight, scale_codes * step, axis, bits), scale_codes, axis, bits, step)


def largest_scales(weight: NDArray[np.float32], axis: int, bits: int) -> NDArray[np.float32]:
    """Per position on ``axis``: the scale that maps the largest size to the largest code, or :data:`LEAST_SCALE`."""
    others = tuple(other for other in range(weight.ndim) if other != axis)
    largest = np.abs(weight).max(axis=others)
    scales: NDArray[np.float32] = np.maximum(largest / np.float32(largest_code(bits)), LEAST_SCALE).astype(np.float32)
    return scales


def rounded(weight: NDArray[np.float32], scales: NDArray[Any], axis: int, bits: int) -> NDArray[np.int8]:
    """The codes nearest to ``weight``."""
    shape = [-1 if place == axis else 1 for place in range(weight.ndim)]
    codes = np.rint(weight / scales.astype(np.float32).reshape(shape))
    clipped: NDArray[np.int8] = np.clip(codes, -largest_code(bits), largest_code(bits)).astype(np.int8)
    return clipped


def with_codes(model: onnx.ModelProto, weights: Mapping[str, Codes]) -> onnx.ModelProto:
    """A copy of ``model`` with these weights, by name, as integers; the rest stays."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    for node in graph.node:
        node.input[:] = [name + DEQUANTIZED_SUFFIX if name in weights else name for name in node.input]
    operators = [node for name, codes in weights.items() for node in _operators(name, codes)] + list(graph.node)
    initializers = [part for tensor in graph.initializer for part in _tensors(tensor, weights.get(tensor.name))]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(operators)
    graph.initializer.extend(initializers)
    return result


def _operators(name: str, codes: Codes) -> Iterator[onnx.NodeProto]:
    scales = name + SCALE_SUFFIX
    if codes.step is not None:
        yield _dequantize(scales, scales + SCALE_SUFFIX, {})
        scales += DEQUANTIZED_SUFFIX
    yield _dequantize(name, scales, {"axis": codes.axis})


def _dequantize(name: str, scales: str, attributes: Mapping[str, int]) -> onnx.NodeProto:
    output = name + DEQUANTIZED_SUFFIX
    node = helper.make_node("DequantizeLinear", [name, scales], [output], name=output)
    node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
    return node


def _tensors(tensor: TensorProto, codes: Codes | None) -> Iterator[TensorProto]:
    if codes is None:
        yield tensor
        return
    yield helper.make_tensor(tensor.name, _TYPES[codes.bits], tensor.dims, _packed(codes), raw=True)
    yield numpy_helper.from_array(codes.scales, tensor.name + SCALE_SUFFIX)
    if codes.step is not None:
        yield numpy_helper.from_array(codes.step, tensor.name + 2 * SCALE_SUFFIX)


def _packed(codes: Codes) -> bytes:
    """The raw data; two codes of 4 bits share a byte, the first one in its lower half."""
    if codes.bits == 8:
        return codes.codes.tobytes()
    halves = codes.codes.view(np.uint8).ravel() & 0x0F
    halves = np.append(halves, np.zeros(len(halves) % 2, np.uint8))
    return (halves[0::2] | halves[1::2] << 4).astype(np.uint8).tobytes()


def largest_code(bits: int) -> int:
    """Codes are from minus this to this."""
    return int(2 ** (bits - 1) - 1)
