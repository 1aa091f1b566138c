"""The precision variants of a bundle: how each is made from the fp32 graph, and what runs it.

A new precision is one ``target_from_source`` function and one line in ``VARIANTS``; its gate is in the runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import onnx

from tallygate.runtime.engines import Engine
from tallygate.runtime.engines.numpy_engine import NumpyEngine
from tallygate.runtime.engines.onnxruntime_engine import OnnxRuntimeEngine


@dataclass(frozen=True)
class VariantRecipe:
    """One precision of the graph."""

    precision: str
    """Its name, which also chooses its gate."""
    convert: Callable[[onnx.ModelProto], onnx.ModelProto]
    """Makes it from the fp32 graph, which it leaves as it is."""
    engines: tuple[str, ...]
    """Engines that it is gated on and that may run it, the best first."""
    session: Mapping[str, str] = field(default_factory=dict)
    """onnxruntime session options that it needs."""
    batch_invariant: bool = True
    """Whether a row's answer is the same in every batch."""

    def engine(self, name: str, model: bytes) -> Engine:
        """``model``, which is this variant, on one engine."""
        if name == "numpy":
            return NumpyEngine(model, self.precision)
        return OnnxRuntimeEngine(model, self.precision, self.session)


def fp32_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The graph as it is."""
    return graph


VARIANTS = {recipe.precision: recipe for recipe in (VariantRecipe("fp32", fp32_from_onnx, ("onnxruntime", "numpy")),)}
"""By name."""
DEFAULT_VARIANTS = ("fp32",)
"""What ``export`` writes, the bundle's default first."""
