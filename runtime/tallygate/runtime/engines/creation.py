"""Engines run a variant of the graph: ids and lengths in, logits out."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tallygate.runtime.bundle import INTEGER, Bundle, Streaming, Variant
from tallygate.runtime.engines.engine import Engine
from tallygate.runtime.engines.integer import KERNEL_VARIABLE, library_is_there
from tallygate.runtime.errors import BundleInvalidError, EngineUnavailableError, UsageError
from tallygate.runtime.machine import check_threads

if TYPE_CHECKING:
    from tallygate.runtime.engines.ort import StreamingEngine
    from tallygate.runtime.graph import Fits
    from tallygate.runtime.text import Tokenizer

ENGINES = ("auto", "native", "onnxruntime", "cuda", "tensorrt", "numpy")
"""Values of ``--engine``."""

__all__ = ["ENGINES", "Engine", "available_engines", "create_engine"]


def available_engines() -> list[str]:
    """Engines that this machine and this installation have, the best first."""
    return [
        *_gpu_engines(),
        *(["native"] if library_is_there() else []),
        *(["onnxruntime"] if find_spec("onnxruntime") else []),
        "numpy",
    ]


def create_engine(
    bundle: Bundle,
    engine: str = "auto",
    precision: str | None = None,
    threads: int = 1,
    trust_plans: bool = False,
    kernel: str | None = None,
) -> Engine:
    """The engine of that name on the variant of that precision (by default the first variant that it runs).

    Only ``auto`` chooses for itself: a TensorRT plan that is built already, the CUDA provider, or the best engine on
    the CPU. ``trust_plans`` lets TensorRT run a plan that came with the bundle; ``kernel`` names one of the C core's,
    and with it that engine. Raises :class:`UsageError` for an unknown name or an impossible number of threads,
    :class:`EngineUnavailableError` where the engine, its kernel or its GPU is missing, or the bundle has no variant for
    it, :class:`BundleInvalidError` for a graph that breaks the graph contract, or a session entry of its own.
    """
    if engine not in ENGINES:
        raise UsageError(f"engine {engine!r}", "is unknown", f"choose one of {', '.join(ENGINES)}")
    check_threads(threads)
    engine = engine_of_kernel(engine, kernel)
    _check_sessions(bundle)
    if engine != "auto":
        return _create(bundle, engine, precision, threads, trust_plans, kernel)
    *first, last = _candidates(bundle, precision)
    for name in first:
        try:
            return _create(bundle, name, precision, threads, trust_plans)
        except (EngineUnavailableError, BundleInvalidError):
            if name == "native" and os.environ.get(KERNEL_VARIABLE):
                raise
    return _create(bundle, last, precision, threads, trust_plans)


def engine_of_kernel(engine: str, kernel: str | None) -> str:
    """The engine that ``kernel`` asks for, beside what was asked for as ``engine``. Raises :class:`UsageError`."""
    if kernel is not None and engine not in ("auto", "native"):
        raise UsageError(f"kernel {kernel!r}", f"is none of engine {engine}", "leave it out, or name engine native")
    return engine if kernel is None else "native"


def create_streaming_engine(bundle: Bundle, tokenizer: Tokenizer, threads: int = 1) -> StreamingEngine:
    """The bundle's streaming graph on onnxruntime; ``tokenizer`` is the bundle's.

    Raises :class:`EngineUnavailableError` where the bundle holds none, or onnxruntime is missing,
    :class:`BundleInvalidError` for a graph that breaks the graph contract.
    """
    facts = bundle.manifest.streaming
    if not facts:
        raise EngineUnavailableError(bundle.path, "has no streaming graph", "export it with --streaming")
    from tallygate.runtime.engines.ort import StreamingEngine

    return StreamingEngine(bundle.read(facts.file), tokenizer, _fits(bundle, facts), threads)


def _create(
    bundle: Bundle, name: str, precision: str | None, threads: int, trust_plans: bool, kernel: str | None = None
) -> Engine:
    if name == "tensorrt":
        from tallygate.runtime.engines.tensorrt import tensorrt_engine
        from tallygate.runtime.graph import checked_graph

        _, variant = bundle.variant(name, precision)
        checked_graph(bundle.read(variant.file), bundle.path, _fits(bundle, variant))
        return tensorrt_engine(bundle, precision, trust_plans)
    variant_name, variant = bundle.variant(name, precision)
    if name == "native":
        from tallygate.runtime.engines.integer import NativeEngine

        return NativeEngine(bundle.read(variant.file), kernel, threads)
    if name == "numpy" and variant_name == INTEGER:
        from tallygate.runtime.engines.integer import IntegerNumpyEngine

        return IntegerNumpyEngine(bundle.read(variant.file))
    model, fits = bundle.read(variant.file), _fits(bundle, variant)
    if name == "numpy":
        from tallygate.runtime.engines.plain import NumpyEngine

        return NumpyEngine(model, variant_name, fits)
    if name == "cuda":
        from tallygate.runtime.engines.ort import CudaEngine

        return CudaEngine(model, variant_name, variant.session, fits)
    from tallygate.runtime.engines.ort import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, variant_name, variant.session, threads, fits)


def _check_sessions(bundle: Bundle) -> None:
    for variant in bundle.manifest.variants.values():
        if variant.session:
            from tallygate.runtime.engines.ort import check_session

            check_session(variant.session, bundle.path)


def _fits(bundle: Bundle, variant: Variant | Streaming) -> Fits:
    from tallygate.runtime.graph import Fits

    manifest = bundle.manifest
    return Fits(manifest.vocabulary_rows, manifest.outputs, variant.opset, variant.ir_version)


def _candidates(bundle: Bundle, precision: str | None) -> list[str]:
    """What ``auto`` tries: engines on a GPU that can begin at once, the C core where the bundle holds an image, then
    the engine that is always there on the CPU.
    """
    gpu_engines = _gpu_engines()
    if "tensorrt" in gpu_engines:
        from tallygate.runtime.engines.tensorrt import has_plan

        if not has_plan(bundle, precision):
            gpu_engines.remove("tensorrt")
    native = ["native"] if library_is_there() and _has_image(bundle, precision) else []
    return [*gpu_engines, *native, "onnxruntime" if find_spec("onnxruntime") else "numpy"]


def _has_image(bundle: Bundle, precision: str | None) -> bool:
    variants = bundle.manifest.variants.items()
    return any(variant.runs_on("native") and precision in (None, name) for name, variant in variants)


def _gpu_engines() -> list[str]:
    """Engines whose library, driver and GPU are all there, as far as can be known without loading them."""
    if not any(find_spec(module) for module in ("tensorrt", "tensorrt_rtx", "onnxruntime")):
        return []
    from tallygate.runtime.machine import first_gpu, library_states

    if first_gpu() is None:
        return []
    ready = {state.engine for state in library_states() if state.problem is None}
    return [name for name in ("tensorrt", "cuda") if name in ready]
