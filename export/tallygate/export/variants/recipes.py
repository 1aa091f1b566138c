"""The precision variants of a bundle: how each is made from the fp32 graph, and what runs it.

A new precision is one ``target_from_source`` function and one line in ``VARIANTS``; its gate is in the runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import onnx

from tallygate.export.variants.half_precision import bf16_from_onnx, fp16_from_onnx
from tallygate.export.variants.int4 import int4_from_onnx
from tallygate.export.variants.int8 import INT8_SESSION, int8_from_onnx
from tallygate.export.variants.int8_dynamic import int8_dynamic_from_onnx
from tallygate.export.variants.reference_engine import OnnxReferenceEngine
from tallygate.runtime.bundle import INTEGER
from tallygate.runtime.engines import Engine
from tallygate.runtime.engines.integer import IntegerNumpyEngine, NativeEngine, library_is_there
from tallygate.runtime.engines.ort import OnnxRuntimeEngine
from tallygate.runtime.engines.plain import NumpyEngine


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

    @property
    def engines_here(self) -> list[str]:
        """Those of its engines that are installed; the C core needs not be, and proves itself where it is loaded."""
        return [name for name in self.engines if name != "native" or library_is_there()]

    def engine(self, name: str, model: bytes) -> Engine:
        """``model``, which is this variant's file, on one engine."""
        if self.precision == INTEGER:
            return NativeEngine(model) if name == "native" else IntegerNumpyEngine(model)
        if name == "numpy":
            return NumpyEngine(model, self.precision)
        if name == OnnxReferenceEngine.name:
            return OnnxReferenceEngine(model, self.precision)
        return OnnxRuntimeEngine(model, self.precision, self.session)


def fp32_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The graph as it is."""
    return graph


_CPU = ("onnxruntime", "numpy")

VARIANTS = {
    recipe.precision: recipe
    for recipe in (
        VariantRecipe("int8", int8_from_onnx, _CPU, INT8_SESSION),
        VariantRecipe("fp32", fp32_from_onnx, _CPU),
        VariantRecipe("fp16", fp16_from_onnx, ("onnxruntime",)),
        VariantRecipe("bf16", bf16_from_onnx, (OnnxReferenceEngine.name,)),
        VariantRecipe("int4", int4_from_onnx, _CPU, INT8_SESSION),
        VariantRecipe(INTEGER, fp32_from_onnx, ("native", "numpy")),
        VariantRecipe("int8-dynamic", int8_dynamic_from_onnx, ("onnxruntime",), batch_invariant=False),
    )
}
"""By name."""
DEFAULT_VARIANTS = ("int8", "fp32", INTEGER)
"""What ``export`` writes, the default of engines on graphs first: int8 computes as fast as fp32 on a CPU and is a third
in size. The C core runs integer."""
WHERE_IT_FITS = (INTEGER,)
"""Defaults that are left out of a bundle where the model does not fit their formats, or their gate finds them too
coarse for it, such as after two epochs of training."""
