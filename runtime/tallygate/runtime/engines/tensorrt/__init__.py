"""Plans for an NVIDIA GPU: built, kept, checked and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.engines.tensorrt.api import load_tensorrt as load_tensorrt
    from tallygate.runtime.engines.tensorrt.builder import BuildOptions as BuildOptions
    from tallygate.runtime.engines.tensorrt.builder import plan_from_onnx as plan_from_onnx
    from tallygate.runtime.engines.tensorrt.builder import targets_from_text as targets_from_text
    from tallygate.runtime.engines.tensorrt.plan import PlanFacts as PlanFacts
    from tallygate.runtime.engines.tensorrt.plan import facts_to_json as facts_to_json
    from tallygate.runtime.engines.tensorrt.plan_cache import default_cache as default_cache
    from tallygate.runtime.engines.tensorrt.plans import build_ahead as build_ahead
    from tallygate.runtime.engines.tensorrt.plans import build_here as build_here
    from tallygate.runtime.engines.tensorrt.plans import has_plan as has_plan
    from tallygate.runtime.engines.tensorrt.plans import tensorrt_engine as tensorrt_engine
    from tallygate.runtime.engines.tensorrt.profile import Profile as Profile
    from tallygate.runtime.engines.tensorrt.profile import profile_from_lengths as profile_from_lengths
    from tallygate.runtime.engines.tensorrt.profile import profile_from_text as profile_from_text
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "api": ("load_tensorrt",),
            "builder": ("BuildOptions", "plan_from_onnx", "targets_from_text"),
            "plan": ("PlanFacts", "facts_to_json"),
            "plan_cache": ("default_cache",),
            "plans": ("build_ahead", "build_here", "has_plan", "tensorrt_engine"),
            "profile": ("Profile", "profile_from_lengths", "profile_from_text"),
        },
    )
