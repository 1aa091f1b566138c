"""The graph contract at export: the runtime's own, and what only the ``onnx`` package can say of a graph.

What a graph may be stands in :mod:`tallygate.runtime.graph.contract`, since every device holds a bundle to it. Here the
graph is proved to be valid ONNX as well, with shapes that can be inferred, and to say what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import onnx

from tallygate.runtime.errors import BundleInvalidError, ExportError
from tallygate.runtime.graph import ARCHITECTURE, Graph, checked_graph, checked_streaming_graph

CONTRACT_VERSION = "1"
_MEND = "export with the pinned versions of torch, onnx, onnxscript and onnxruntime, or report this"
_STANDARD = ("", "ai.onnx")


class Metadata(StrEnum):
    """Keys of ``metadata_props``."""

    ARCHITECTURE = ARCHITECTURE
    LABELS = "tallygate.labels"
    GRAPH_CONTRACT = "tallygate.graph_contract"
    VERSION = "tallygate.version"


def check_graph(model: onnx.ModelProto) -> None:
    """Raise :class:`ExportError`, which names the node or value, where ``model`` breaks the graph contract."""
    _check(model, checked_graph)


def check_streaming_graph(model: onnx.ModelProto) -> None:
    """As :func:`check_graph`, for a graph with states in and out."""
    _check(model, checked_streaming_graph)


def _check(model: onnx.ModelProto, checked: Callable[[bytes, object], Graph]) -> None:
    metadata = {entry.key for entry in model.metadata_props}
    for key in Metadata:
        if key not in metadata:
            raise ExportError("metadata_props", f"has no {key}", _MEND)
    try:
        checked(model.SerializeToString(deterministic=True), "graph")
    except BundleInvalidError as error:
        raise ExportError(error.thing, error.reason, _MEND) from error
    # The checker knows no other operators than the standard's.
    if all(opset.domain in _STANDARD for opset in model.opset_import):
        _check_is_valid(model)


def _check_is_valid(model: onnx.ModelProto) -> None:
    try:
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError("graph", f"is not valid ONNX ({error})", _MEND) from error
