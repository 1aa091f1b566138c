"""An ONNX file as it stands on disk, read without onnx."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.graph.onnx_file import Node as Node
    from tallygate.runtime.graph.onnx_file import OnnxFile as OnnxFile
    from tallygate.runtime.graph.onnx_file import read_onnx as read_onnx
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "onnx_file": ("Node", "OnnxFile", "read_onnx"),
        },
    )
