"""ONNX -> TensorRT plan: by TensorRT 10 or 11 for the GPU of this machine, by TensorRT-RTX for any, without one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tallygate.runtime.engines.tensorrt.api import (
    Builder,
    BuilderConfig,
    Network,
    TensorRT,
    is_rtx,
    network_flags,
    without_warnings,
)
from tallygate.runtime.engines.tensorrt.log import PlanError, log_of, parser_reason, reason_of
from tallygate.runtime.engines.tensorrt.plan import Plan, PlanFacts
from tallygate.runtime.engines.tensorrt.profile import Profile
from tallygate.runtime.errors import UsageError
from tallygate.runtime.installation import pip_install
from tallygate.runtime.machine import Gpu
from tallygate.runtime.version import VERSION

WORKSPACE = 2**30
"""Bytes that a plan may use beside its weights and activations, by default."""
_PRECISIONS = {"fp32": "FLOAT", "fp16": "HALF", "bf16": "BF16"}
"""Ours to TensorRT's ``DataType``."""

Progress = Callable[[str, int, int], None]
"""Told the phase, its steps done, and all of its steps."""


@dataclass(frozen=True)
class BuildOptions:
    """How a plan is built."""

    precision: str
    """``fp32``, ``fp16`` or ``bf16``: what the graph is in, held against the parsed network."""
    profile: Profile
    targets: tuple[str, ...] = ()
    """Architectures such as ``sm86``, ahead of time, with TensorRT-RTX alone; none means the GPU of this machine."""
    gpu: Gpu | None = None
    """The GPU of this machine."""
    workspace: int = WORKSPACE
    """Bytes."""
    timing_cache: bytes = b""
    """What earlier builds on this GPU measured."""
    progress: Progress | None = None


def plan_from_onnx(onnx: bytes, options: BuildOptions, module: TensorRT) -> Plan:
    """Build a plan for ``onnx``, a graph by the graph contract, with ``tensorrt`` or ``tensorrt_rtx``.

    Precision comes from the graph alone; TF32 is off. Raises :class:`PlanError` when TensorRT refuses the graph, the
    profile or the target, :class:`UsageError` for a precision or target that it does not know.
    """
    log = log_of(module)
    with log.errors() as errors:
        builder = module.Builder(log.logger)
        network = _parsed(onnx, builder, module, errors, options.precision)
        config = _config(builder, module, options, errors)
        monitor = _monitor(module, options.progress)
        config.progress_monitor = monitor
        memory = builder.build_serialized_network(network, config)
        if monitor.interrupted:
            raise KeyboardInterrupt
        if memory is None:
            raise _refused(options, reason_of(errors, "TensorRT gives no reason"))
        data = bytes(memory)
        return Plan(data, _facts(onnx, data, options, module), _timing_cache(config, module))


def targets_from_text(text: str, module: TensorRT) -> tuple[str, ...]:
    """``sm86,sm89`` -> the targets. Raises :class:`UsageError` for one that the module does not build for."""
    known = known_targets(module)
    targets = tuple(part.strip().lower() for part in text.split(","))
    for target in targets:
        if target not in known:
            options = ", ".join(known) or f"none: {module.__name__} builds for the GPU of this machine alone"
            raise UsageError(f"target {target!r}", "is unknown", f"choose of {options}")
    if len(set(targets)) != len(targets):
        raise UsageError(f"targets {text!r}", "name one twice", "name each once")
    return targets


def known_targets(module: TensorRT) -> list[str]:
    """Architectures that the module builds for ahead of time."""
    capabilities = getattr(module, "ComputeCapability", None)
    names = capabilities.__members__ if capabilities is not None else {}
    return sorted((name.lower() for name in names if name.startswith("SM")), key=lambda name: int(name[2:]))


def layer_types(network: Network) -> dict[str, set[str]]:
    """Kind of layer -> the types of what the layers of that kind give, in TensorRT's names."""
    types: dict[str, set[str]] = {}
    for layer in (network.get_layer(index) for index in range(network.num_layers)):
        outputs = [layer.get_output(index) for index in range(layer.num_outputs)]
        types.setdefault(layer.type.name, set()).update(output.dtype.name for output in outputs)
    return types


def parsed_network(onnx: bytes, builder: Builder, module: TensorRT) -> Network:
    """Parse ``onnx`` for ``builder``. Raises :class:`PlanError`, which names the node, when TensorRT refuses it."""
    network = builder.create_network(network_flags(module))
    parser = module.OnnxParser(network, log_of(module).logger)
    if not parser.parse(onnx):
        raise PlanError("graph", f"TensorRT cannot read it ({parser_reason(parser)})", "export it again with tallygate")
    values = [network.get_input(index) for index in range(network.num_inputs)]
    values += [network.get_output(index) for index in range(network.num_outputs)]
    found = [(value.name, value.dtype.name) for value in values]
    if found != [("ids", "INT64"), ("lengths", "INT64"), ("logits", "FLOAT")]:
        raise PlanError("graph", f"has the inputs and outputs {found or 'of no graph'}", "export it with tallygate")
    return network


def _parsed(onnx: bytes, builder: Builder, module: TensorRT, errors: list[str], precision: str) -> Network:
    if precision not in _PRECISIONS:
        known = ", ".join(_PRECISIONS)
        raise UsageError(f"precision {precision!r}", "is none that TensorRT runs an LSTM in", f"choose of {known}")
    network = parsed_network(onnx, builder, module)
    errors.clear()
    found = layer_types(network).get("RECURRENCE", set())
    if found != {_PRECISIONS[precision]}:
        have = ", ".join(sorted(found)) or "of no type"
        raise PlanError(f"variant {precision}", f"its LSTM is {have} in the graph", "export the bundle again")
    return network


def _config(builder: Builder, module: TensorRT, options: BuildOptions, errors: list[str]) -> BuilderConfig:
    config = builder.create_builder_config()
    config.set_memory_pool_limit(module.MemoryPoolType.WORKSPACE, options.workspace)
    config.clear_flag(module.BuilderFlag.TF32)
    _set_targets(config, module, options)
    if options.timing_cache and not is_rtx(module):
        config.set_timing_cache(config.create_timing_cache(options.timing_cache), ignore_mismatch=False)
    profile, shapes = builder.create_optimization_profile(), options.profile
    batch = (shapes.batch.min, shapes.batch.opt, shapes.batch.max)
    time = (shapes.time.min, shapes.time.opt, shapes.time.max)
    try:
        profile.set_shape("ids", *zip(batch, time, strict=True))
        profile.set_shape("lengths", *((rows,) for rows in batch))
        accepted = config.add_optimization_profile(profile) >= 0
    except (RuntimeError, ValueError, TypeError) as error:
        raise PlanError(f"profile {shapes}", f"TensorRT refuses it ({error})", "choose another --profile") from error
    if not accepted:
        raise PlanError(f"profile {shapes}", f"TensorRT refuses it ({reason_of(errors, '?')})", "choose another")
    return config


def _set_targets(config: BuilderConfig, module: TensorRT, options: BuildOptions) -> None:
    if not options.targets and options.gpu is None:
        mend = f"name a --target of {', '.join(known_targets(module))}" if is_rtx(module) else "build where the GPU is"
        raise PlanError("plan", "is built for the GPU of this machine, which has none", mend)
    if not is_rtx(module):
        if options.targets:
            targets_from_text(",".join(options.targets), module)
        return
    if options.gpu and not options.targets and options.gpu.architecture not in known_targets(module):
        reason = f"TensorRT-RTX builds nothing for {options.gpu.name} ({options.gpu.architecture})"
        raise PlanError("plan", reason, f"run: {pip_install('tensorrt')}")
    targets = options.targets or ((options.gpu.architecture,) if options.gpu else ())
    targets_from_text(",".join(targets), module)
    config.num_compute_capabilities = len(targets)
    capabilities = module.ComputeCapability.__members__
    for index, target in enumerate(targets):
        if not config.set_compute_capability(capabilities[target.upper()], index):
            raise PlanError(f"target {target}", "is refused by TensorRT-RTX", "choose another --target")


def _refused(options: BuildOptions, reason: str) -> PlanError:
    targets = ", ".join(options.targets) or (options.gpu.architecture if options.gpu else "this machine")
    mend = "choose another --target, --precision, --profile or --workspace"
    return PlanError(f"variant {options.precision}", f"TensorRT cannot build it for {targets} ({reason})", mend)


def _facts(onnx: bytes, data: bytes, options: BuildOptions, module: TensorRT) -> PlanFacts:
    ahead = bool(options.targets)
    return PlanFacts(
        tensorrt=module.__name__,
        version=module.__version__,
        architectures=list(options.targets) if ahead else [options.gpu.architecture if options.gpu else ""],
        gpu=None if ahead or options.gpu is None else options.gpu.name,
        precision=options.precision,
        profile=options.profile,
        onnx_sha256=hashlib.sha256(onnx).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        created_with=VERSION,
    )


def _timing_cache(config: BuilderConfig, module: TensorRT) -> bytes:
    """What this build measured; TensorRT-RTX measures nothing."""
    if is_rtx(module):
        return b""
    with without_warnings():
        cache = config.get_timing_cache()
        return bytes(cache.serialize()) if cache else b""


class _Interruptible:
    interrupted = False


def _monitor(module: TensorRT, progress: Progress | None) -> _Interruptible:
    """Tells ``progress`` where the build is, and ends it at Ctrl-C; nothing is raised through TensorRT's own code."""
    steps: dict[str, int] = {}

    class Monitor(module.IProgressMonitor, _Interruptible):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()

        def _tell(self, phase: str, step: int) -> None:
            try:
                if progress is not None:
                    progress(phase, step, steps[phase])
            except BaseException:  # Ctrl-C arrives here as well
                self.interrupted = True

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            steps[phase_name] = num_steps
            self._tell(phase_name, 0)

        def step_complete(self, phase_name: str, step: int) -> bool:
            self._tell(phase_name, step + 1)
            return not self.interrupted

        def phase_finish(self, phase_name: str) -> None:
            pass

    return Monitor()
