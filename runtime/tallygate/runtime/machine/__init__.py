"""What this machine is and what is kept on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.machine.autotune import Settings as Settings
    from tallygate.runtime.machine.autotune import keep_settings as keep_settings
    from tallygate.runtime.machine.autotune import kept_settings as kept_settings
    from tallygate.runtime.machine.cpu import FEATURES as FEATURES
    from tallygate.runtime.machine.cpu import Machine as Machine
    from tallygate.runtime.machine.cpu import onnxruntime_version as onnxruntime_version
    from tallygate.runtime.machine.cpu import this_machine as this_machine
    from tallygate.runtime.machine.cpu import usable_cores as usable_cores
    from tallygate.runtime.machine.gpu import Gpu as Gpu
    from tallygate.runtime.machine.gpu import LibraryState as LibraryState
    from tallygate.runtime.machine.gpu import cuda_state as cuda_state
    from tallygate.runtime.machine.gpu import first_gpu as first_gpu
    from tallygate.runtime.machine.gpu import gpu_or_error as gpu_or_error
    from tallygate.runtime.machine.gpu import library_states as library_states
    from tallygate.runtime.machine.proofs import is_proved as is_proved
    from tallygate.runtime.machine.proofs import keep_proof as keep_proof
    from tallygate.runtime.machine.proofs import processor as processor
    from tallygate.runtime.machine.threads import check_threads as check_threads
    from tallygate.runtime.machine.user_cache import FOLDER as FOLDER
    from tallygate.runtime.machine.user_cache import cache_folder as cache_folder
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "autotune": ("Settings", "keep_settings", "kept_settings"),
            "cpu": ("FEATURES", "Machine", "onnxruntime_version", "this_machine", "usable_cores"),
            "gpu": ("Gpu", "LibraryState", "cuda_state", "first_gpu", "gpu_or_error", "library_states"),
            "proofs": ("is_proved", "keep_proof", "processor"),
            "threads": ("check_threads",),
            "user_cache": ("FOLDER", "cache_folder"),
        },
    )
