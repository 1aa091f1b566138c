"""The ONNX reference implementation as an engine: slow, plain numpy, and the one thing that runs bfloat16 on a CPU.

A bf16 graph is for GPUs, which an export need not have. Ungated it must not be shipped, so it is run here: what is
proved is the rewriting of the graph and the size of bfloat16's steps, and a GPU proves itself by `verify`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun


class GatherElements(OpRun):
    """The library's own goes through ``numpy.choose``, which takes 64 choices and no more."""

    op_domain = ""

    def _run(self, data: NDArray[Any], indices: NDArray[np.int64], axis: int = 0) -> tuple[NDArray[Any]]:
        return (np.take_along_axis(data, indices, axis=axis),)


class OnnxReferenceEngine:
    """Runs an ONNX file with :mod:`onnx.reference`. It proves what the graph says, not what a GPU makes of it."""

    name = "onnx-reference"
    provider = "onnx.reference"

    def __init__(self, model: bytes, precision: str) -> None:
        self.precision = precision
        self._evaluator = ReferenceEvaluator(onnx.load_from_string(model), new_ops=[GatherElements])

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]."""
        outputs: Any = self._evaluator.run(["logits"], {"ids": ids, "lengths": lengths})
        logits: NDArray[np.float32] = outputs[0]
        return logits
