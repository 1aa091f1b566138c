"""An ONNX file as it stands on disk, read without onnx, and the contract that it is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.graph.architecture import ARCHITECTURE as ARCHITECTURE
    from tallygate.runtime.graph.architecture import ActivationName as ActivationName
    from tallygate.runtime.graph.architecture import Architecture as Architecture
    from tallygate.runtime.graph.architecture import check_pooling_floor as check_pooling_floor
    from tallygate.runtime.graph.contract import Fits as Fits
    from tallygate.runtime.graph.contract import Graph as Graph
    from tallygate.runtime.graph.contract import checked_graph as checked_graph
    from tallygate.runtime.graph.onnx_file import Node as Node
    from tallygate.runtime.graph.onnx_file import OnnxFile as OnnxFile
    from tallygate.runtime.graph.onnx_file import read_onnx as read_onnx
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "architecture": ("ARCHITECTURE", "ActivationName", "Architecture", "check_pooling_floor"),
            "contract": ("Fits", "Graph", "checked_graph"),
            "onnx_file": ("Node", "OnnxFile", "read_onnx"),
        },
    )
