"""Engines run a variant of the graph: ids and lengths in, logits out."""

from __future__ import annotations

from importlib.util import find_spec

from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines.engine import Engine
from tallygate.runtime.errors import UsageError

ENGINES = ("auto", "onnxruntime", "numpy")
"""Values of ``--engine``."""

__all__ = ["ENGINES", "Engine", "available_engines", "create_engine"]


def available_engines() -> list[str]:
    """Engines that this installation has, the best first."""
    return (["onnxruntime"] if find_spec("onnxruntime") else []) + ["numpy"]


def create_engine(bundle: Bundle, engine: str = "auto", precision: str | None = None, threads: int = 1) -> Engine:
    """The engine of that name on the variant of that precision (by default the first variant that it runs).

    Only ``auto`` chooses for itself: the best engine that is installed. Raises :class:`UsageError` for an unknown
    name, :class:`EngineUnavailableError` where the engine is not installed or the bundle has no variant for it.
    """
    if engine not in ENGINES:
        raise UsageError(f"engine {engine!r}", "is unknown", f"choose one of {', '.join(ENGINES)}")
    name = available_engines()[0] if engine == "auto" else engine
    variant_name, variant = bundle.variant(name, precision)
    model = bundle.read(variant.file)
    if name == "numpy":
        from tallygate.runtime.engines.numpy_engine import NumpyEngine

        return NumpyEngine(model, variant_name)
    from tallygate.runtime.engines.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, variant_name, variant.session, threads)
