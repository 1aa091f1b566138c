"""Which plan the TensorRT engine runs: one of the bundle's if that is trusted, one of the cache, or a new one."""

from __future__ import annotations

import time
from dataclasses import replace

from tallygate.runtime.bundle import LAYOUT, Bundle, Variant
from tallygate.runtime.engines.tensorrt.api import TensorRT, load_tensorrt
from tallygate.runtime.engines.tensorrt.builder import WORKSPACE, BuildOptions, plan_from_onnx, targets_from_text
from tallygate.runtime.engines.tensorrt.engine import TensorRTEngine
from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.plan import Plan, check_fits, checked_plan
from tallygate.runtime.engines.tensorrt.plan_cache import PlanCache, PlanKey, default_cache, plan_key
from tallygate.runtime.engines.tensorrt.profile import Profile, profile_from_lengths
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.graph import checked_graph
from tallygate.runtime.machine import Gpu, gpu_or_error
from tallygate.runtime.terminal import notice

SECONDS_BETWEEN = 5.0
"""How often a long build says where it is."""


def tensorrt_engine(bundle: Bundle, precision: str | None, trust_plans: bool = False) -> TensorRTEngine:
    """The TensorRT engine on a variant of ``bundle``, with a plan that is built here where none is at hand.

    Raises :class:`EngineUnavailableError` where there is no GPU, no TensorRT or no such variant, :class:`PlanError`
    when TensorRT refuses the graph.
    """
    gpu = gpu_or_error()
    variant, _ = bundle.variant("tensorrt", precision)
    module = load_tensorrt()
    if trust_plans and (plan := trusted_plan(bundle, variant, module, gpu)):
        return TensorRTEngine(plan, module)
    if plan := cached_plan(bundle, variant, module, gpu):
        try:
            return TensorRTEngine(plan, module)
        except PlanError as error:  # a new driver can refuse what the old one ran
            notice(str(error))
    return TensorRTEngine(build_here(bundle, variant, module, gpu, again=True), module)


def has_plan(bundle: Bundle, precision: str | None) -> bool:
    """Whether the engine would find a plan in the cache. Needs a GPU; raises nothing for what is missing."""
    try:
        variant, _ = bundle.variant("tensorrt", precision)
        return cached_plan(bundle, variant, load_tensorrt(), gpu_or_error()) is not None
    except (EngineUnavailableError, ImportError):
        return False


def trusted_plan(bundle: Bundle, variant: str, module: TensorRT, gpu: Gpu) -> Plan | None:
    """The plan that came with the bundle, if there is one for this graph, this GPU and this TensorRT."""
    if LAYOUT.plan(variant) not in bundle.manifest.files:
        return None
    data, facts = bundle.read(LAYOUT.plan(variant)), bundle.read(LAYOUT.plan_facts(variant))
    plan = checked_plan(data, facts, f"{bundle.path}: {LAYOUT.plan(variant)}")
    onnx = bundle.manifest.files[bundle.manifest.variants[variant].file].sha256
    if plan.facts.onnx_sha256 != onnx:
        raise PlanError(f"{bundle.path}: {LAYOUT.plan(variant)}", "is of another graph", "get the bundle again")
    check_fits(plan.facts, gpu.architecture, module.__name__, module.__version__)
    return plan


def cached_plan(bundle: Bundle, variant: str, module: TensorRT, gpu: Gpu) -> Plan | None:
    """The plan that was built last for this variant here, of any profile."""
    return default_cache().latest(_key(bundle, variant, module, gpu, default_profile(bundle)))


def build_here(
    bundle: Bundle,
    variant: str,
    module: TensorRT,
    gpu: Gpu,
    profile: Profile | None = None,
    *,
    workspace: int = WORKSPACE,
    again: bool = False,
    cache: PlanCache | None = None,
) -> Plan:
    """Build the plan of a variant for this GPU and keep it, or take it from the cache; progress goes to stderr."""
    profile = profile or default_profile(bundle)
    key = _key(bundle, variant, module, gpu, profile)
    onnx = _graph_of(bundle, bundle.manifest.variants[variant])
    progress = BuildProgress(f"{variant} for {gpu.name}")
    precision = bundle.manifest.variants[variant].precision
    options = BuildOptions(precision, profile, gpu=gpu, workspace=workspace, progress=progress.step)

    def build(timing_cache: bytes) -> Plan:
        progress.begin()
        plan = plan_from_onnx(onnx, replace(options, timing_cache=timing_cache), module)
        progress.end()
        return plan

    return (cache or default_cache()).find_or_build(key, build, again)


def build_ahead(
    bundle: Bundle, precision: str | None, targets: str, profile: Profile, workspace: int = WORKSPACE
) -> Plan:
    """Build the plan of a variant with TensorRT-RTX for ``targets`` such as ``sm86,sm89``; needs no GPU.

    Raises :class:`EngineUnavailableError` where TensorRT-RTX or the variant is missing, :class:`UsageError` for an
    unknown target, :class:`PlanError` when TensorRT refuses.
    """
    _, variant = bundle.variant("tensorrt", precision)
    module = load_tensorrt("tensorrt_rtx")
    progress = BuildProgress(f"{variant.precision} for {targets}")
    chosen = targets_from_text(targets, module)
    options = BuildOptions(variant.precision, profile, chosen, workspace=workspace, progress=progress.step)
    progress.begin()
    plan = plan_from_onnx(_graph_of(bundle, variant), options, module)
    progress.end()
    return plan


def _graph_of(bundle: Bundle, variant: Variant) -> bytes:
    """The ONNX file, which keeps the graph contract."""
    return checked_graph(bundle.read(variant.file), f"variant {variant.precision}").model


def default_profile(bundle: Bundle) -> Profile:
    """The profile for a bundle of which no more is known than its longest text."""
    return profile_from_lengths([], bundle.manifest.text.max_length)


class BuildProgress:
    """Says on stderr that a plan is built, and every few seconds how far it is: a build can take minutes."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._start = self._told = 0.0

    def begin(self) -> None:
        """Say that it begins."""
        self._start = self._told = time.monotonic()
        notice(f"building the TensorRT plan of {self._what}")

    def step(self, phase: str, done: int, steps: int) -> None:
        """Say where it is, if that was not said a moment ago."""
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN:
            self._told = now
            notice(f"{now - self._start:.0f} s: {phase}, {done} of {steps}")

    def end(self) -> None:
        """Say that it is done."""
        notice(f"built in {time.monotonic() - self._start:.1f} s")


def _key(bundle: Bundle, variant: str, module: TensorRT, gpu: Gpu, profile: Profile) -> PlanKey:
    chosen = bundle.manifest.variants[variant]
    onnx_sha256 = bundle.manifest.files[chosen.file].sha256
    return plan_key(gpu, module.__name__, module.__version__, onnx_sha256, chosen.precision, profile)
