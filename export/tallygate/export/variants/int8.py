"""int8: weights as 8-bit integers, arithmetic in float32, standard operators only.

A row's answer does not depend on its batch, since no activation is quantized. The file is a third in size and the speed
that of float32: onnxruntime has no LSTM of standard operators that computes in integers, so it makes the weights float
once, at load. Biases stay float32; they are few.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray

from tallygate.export.graph import weights_of
from tallygate.export.variants.embedding_rounding import EMBEDDING, embedding_codes
from tallygate.export.variants.weight_codes import Codes, codes_from_weight, with_codes
from tallygate.runtime.engines.ort import SESSION_ENTRIES

INT8_SESSION = SESSION_ENTRIES
"""onnxruntime then makes the weights float32 once, when it loads them, and does not try to fuse their scales."""
_HEAD = "head.weight"


def int8_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The fp32 graph with its embedding, LSTM and head weights in 8 bits; ``graph`` is left as it is.

    The embedding has a scale per row, the LSTM and the head have one per output.
    """
    arrays = weights_of(graph)
    return with_codes(graph, {EMBEDDING: embedding_codes(arrays, 8), **layer_codes(arrays)})


def layer_codes(arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, Codes]:
    """The LSTM's matrices and the head's in 8 bits, by name; biases stay as they are."""
    matrices = [name for name in arrays if name.startswith("lstm.") and name.endswith((".w", ".r"))]
    codes = {name: codes_from_weight(arrays[name], 1, 8) for name in matrices}
    return codes | {_HEAD: codes_from_weight(arrays[_HEAD], 0, 8)}
