"""A TensorRT plan and what is known of it. A plan can carry code for this machine, so none is run on trust."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.profile import Profile
from tallygate.runtime.outputs import json_bytes

_MEND = "build it again with: tallygate build-plan"


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The JSON file beside a plan."""

    schema: int = 1
    tensorrt: str
    """The module that built it and that alone can run it: ``tensorrt`` or ``tensorrt_rtx``."""
    version: str
    """Of TensorRT."""
    architectures: list[str]
    """GPUs that it runs on, such as ``sm89``."""
    gpu: str | None
    """Name of the GPU that it was built on; ``None`` for one that was built ahead of time."""
    precision: str
    profile: Profile
    onnx_sha256: str
    """Of the graph."""
    sha256: str
    """Of the plan."""
    size: int
    """Bytes of the plan."""
    created_with: str
    """Version of tallygate."""


@dataclass(frozen=True)
class Plan:
    """A serialized engine."""

    data: bytes
    facts: PlanFacts
    timing_cache: bytes = b""
    """What its build measured, for the next one."""


def facts_to_json(facts: PlanFacts) -> bytes:
    """The same bytes for the same facts."""
    return json_bytes(facts)


def checked_plan(data: bytes, facts: bytes, source: object) -> Plan:
    """A plan and its facts, held against each other. Raises :class:`PlanError` where they do not match."""
    try:
        known = msgspec.json.decode(facts, type=PlanFacts)
    except (ValueError, RecursionError) as error:
        raise PlanError(source, f"what is known of the plan cannot be read ({error})", _MEND) from error
    if known.schema != 1:
        raise PlanError(source, f"has schema {known.schema}, and this tallygate reads 1", _MEND)
    if len(data) != known.size or hashlib.sha256(data).hexdigest() != known.sha256:
        raise PlanError(source, "the plan is damaged or altered", _MEND)
    return Plan(data, known)


def check_fits(facts: PlanFacts, architecture: str, tensorrt: str, version: str) -> None:
    """Raise :class:`PlanError` when the plan is for another GPU, or for another TensorRT."""
    if architecture not in facts.architectures:
        reason = f"is for {', '.join(facts.architectures)}, and this GPU is {architecture}"
        raise PlanError("plan", reason, "build one here with: tallygate build-plan")
    if (tensorrt, version) != (facts.tensorrt, facts.version):
        reason = f"was built by {facts.tensorrt} {facts.version}, and this is {tensorrt} {version}"
        raise PlanError("plan", reason, "build one here with: tallygate build-plan")
