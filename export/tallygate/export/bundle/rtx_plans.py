"""TensorRT-RTX plans that go into a bundle, built ahead of time: they run where ``--trust-plans`` is said."""

from __future__ import annotations

from collections.abc import Sequence

from tallygate.export.results import VariantResult
from tallygate.runtime.bundle import GPU_PRECISIONS, LAYOUT
from tallygate.runtime.engines.tensorrt import (
    BuildOptions,
    facts_to_json,
    load_tensorrt,
    plan_from_onnx,
    profile_from_lengths,
    targets_from_text,
)
from tallygate.runtime.parity import Reference


def check_can_build(targets: str | None) -> None:
    """Find out before the gates, which take long, whether the plans can be built.

    Raises :class:`EngineUnavailableError` where TensorRT-RTX is missing, :class:`UsageError` for an unknown target.
    """
    if targets is not None:
        targets_from_text(targets, load_tensorrt("tensorrt_rtx"))


def plan_files(
    variants: Sequence[VariantResult], targets: str | None, max_length: int, validation: Reference | None
) -> dict[str, bytes]:
    """A plan and its facts, by file name, for each variant that TensorRT runs; none where there are no ``targets``.

    Kernels are chosen for the median length of the validation texts, where those are at hand. Raises
    :class:`PlanError` when TensorRT-RTX refuses a variant on one of the targets.
    """
    if targets is None:
        return {}
    module = load_tensorrt("tensorrt_rtx")
    lengths = [len(ids) for ids in validation.ids] if validation is not None and validation.ids is not None else []
    profile, files = profile_from_lengths(lengths, max_length), dict[str, bytes]()
    for variant in variants:
        precision = variant.recipe.precision
        if precision in GPU_PRECISIONS["tensorrt"]:
            plan = plan_from_onnx(
                variant.model, BuildOptions(precision, profile, targets_from_text(targets, module)), module
            )
            files[LAYOUT.plan(precision)] = plan.data
            files[LAYOUT.plan_facts(precision)] = facts_to_json(plan.facts)
    return files
