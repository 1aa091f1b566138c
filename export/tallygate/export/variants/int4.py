"""int4: the embedding in 4 bits, all other weights as in int8: the smallest file, where its gate lets it pass.

The embedding is most of the file, and each text reads few of its rows, so that 4 bits cost little there; the recurrent
weights are read at every step, where their errors add up, and stay in 8.
"""

from __future__ import annotations

import onnx
from onnx import version_converter

from tallygate.export.graph import weights_of
from tallygate.export.variants.embedding_rounding import EMBEDDING, embedding_codes
from tallygate.export.variants.int8 import layer_codes
from tallygate.export.variants.weight_codes import with_codes

INT4_OPSET = 21
"""The first opset that knows 4-bit integers."""


def int4_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The fp32 graph with 4-bit embedding rows and 8-bit LSTM and head weights, in opset 21 at least.

    ``graph`` is left as it is.
    """
    arrays = weights_of(graph)
    codes = {EMBEDDING: embedding_codes(arrays, 4), **layer_codes(arrays)}
    return with_codes(_in_opset(graph, INT4_OPSET), codes)


def _in_opset(graph: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    if graph.opset_import[0].version >= opset:
        return graph
    converted = version_converter.convert_version(graph, opset)
    converted.ir_version = onnx.helper.find_min_ir_version_for(converted.opset_import)
    return converted
