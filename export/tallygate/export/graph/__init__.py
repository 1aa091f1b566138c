"""A checkpoint as an ONNX graph, and the contract that the graph keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.export.graph.beside import PREFIX as PREFIX
    from tallygate.export.graph.contract import check_graph as check_graph
    from tallygate.export.graph.from_checkpoint import DEFAULT_OPSET as DEFAULT_OPSET
    from tallygate.export.graph.from_checkpoint import check_opset as check_opset
    from tallygate.export.graph.from_checkpoint import node_count as node_count
    from tallygate.export.graph.from_checkpoint import onnx_from_checkpoint as onnx_from_checkpoint
    from tallygate.export.graph.streaming import check_can_stream as check_can_stream
    from tallygate.export.graph.streaming import streaming_from_onnx as streaming_from_onnx
    from tallygate.export.graph.target_ort import target_from_version as target_from_version
    from tallygate.export.graph.tidy import weights_of as weights_of
    from tallygate.export.graph.tidy import with_weights as with_weights
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "beside": ("PREFIX",),
            "contract": ("check_graph",),
            "from_checkpoint": ("DEFAULT_OPSET", "check_opset", "node_count", "onnx_from_checkpoint"),
            "streaming": ("check_can_stream", "streaming_from_onnx"),
            "target_ort": ("target_from_version",),
            "tidy": ("weights_of", "with_weights"),
        },
    )
