"""int8-dynamic: onnxruntime's dynamic quantization, faster on CPUs with int8 instructions, for onnxruntime alone.

Activations are quantized with one scale for the whole batch, so a row's answer depends on its neighbours, up to a
hundredth in probability (https://github.com/microsoft/onnxruntime/issues/10111).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx

_NOTE = "onnx.infer"
"""Metadata that onnxruntime's quantizer leaves behind."""


def int8_dynamic_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The fp32 graph with onnxruntime's ``DynamicQuantizeLSTM`` (domain ``com.microsoft``); ``graph`` stays as it is.

    Weights use 7 of their 8 bits: a bundle travels, and on CPUs without VNNI sums of products of 8-bit weights
    overflow (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#when-and-why-do-i-need-to-try-u8u8).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "model.onnx"
        quantize_dynamic(graph, path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        quantized = onnx.load(path)
    _describe_as(quantized, graph)
    return quantized


def _describe_as(quantized: onnx.ModelProto, source: onnx.ModelProto) -> None:
    quantized.producer_name, quantized.producer_version = source.producer_name, source.producer_version
    kept = [entry for entry in quantized.metadata_props if entry.key != _NOTE]
    del quantized.metadata_props[:]
    quantized.metadata_props.extend(kept)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantizer's advice off the terminal; it writes to the root logger."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
