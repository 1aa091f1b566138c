"""The C core as ctypes sees it: its functions, and its statuses as errors."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tallygate.runtime.errors import BundleInvalidError, EngineUnavailableError, GateError, InputError

ABI_VERSION = 1
PACKAGE = "tallygate_native"
KERNEL_VARIABLE = "TALLYGATE_KERNEL"
"""Names the kernel where nobody else does."""
MEND = "install it from the checkout: pip install ./runtime/tallygate-native"

_IMAGE_STATUSES = range(3, 12)
KERNEL_STATUSES = (12, 13)
GOLDEN_DIFFERS = 17

_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "tg_message": (c_char_p, [c_int]),
    "tg_abi_version": (c_uint32, []),
    "tg_kernel_name": (c_char_p, [c_size_t]),
    "tg_kernel_available": (c_int, [c_size_t]),
    "tg_open": (c_int, [c_void_p, c_size_t, c_char_p, POINTER(c_void_p)]),
    "tg_close": (None, [c_void_p]),
    "tg_model_facts": (None, [c_void_p, c_void_p]),
    "tg_worker_open": (c_int, [c_void_p, POINTER(c_void_p)]),
    "tg_worker_close": (None, [c_void_p]),
    "tg_check": (c_int, [c_void_p, POINTER(c_size_t)]),
    "tg_encode": (c_int, [c_void_p, c_char_p, c_size_t, c_void_p, POINTER(c_size_t)]),
    # Arrays go in as addresses: making a typed pointer costs as much as a short text.
    "tg_run_ids": (c_int, [c_void_p, c_void_p, c_void_p, c_size_t, c_void_p]),
    "tg_stream_open": (c_int, [c_void_p, POINTER(c_void_p)]),
    "tg_stream_close": (None, [c_void_p]),
    "tg_stream_push": (c_int, [c_void_p, c_void_p, c_char_p, c_void_p, c_size_t]),
    "tg_stream_logits": (c_int, [c_void_p, c_void_p, c_size_t, c_int, c_void_p, c_void_p]),
    "tg_stream_state_size": (c_size_t, [c_void_p]),
    "tg_stream_state": (c_int, [c_void_p, c_void_p, c_size_t]),
    "tg_stream_resume": (c_int, [c_void_p, c_char_p, c_size_t, POINTER(c_void_p)]),
    "tg_run_texts": (c_int, [c_void_p, c_char_p, c_void_p, c_size_t, c_void_p, c_void_p]),
}


class ModelFacts(ctypes.Structure):
    """``tg_facts``."""

    _fields_ = (
        *((name, c_uint32) for name in ("rows", "outputs", "labels", "max_length", "hidden", "layers")),
        ("directions", c_uint32),
        ("goldens", c_uint32),
        ("kernel", c_char_p),
    )


class Library:
    """The loaded C core."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`EngineUnavailableError` where the file is no such library, or has another ABI."""
        try:
            self.functions = ctypes.CDLL(str(path))
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(self.functions, name)
                function.restype, function.argtypes = result, arguments
        except (OSError, AttributeError) as error:
            raise EngineUnavailableError(path, f"cannot be loaded ({error})", MEND) from error
        facts = path.stat()
        self.build = f"{path} {facts.st_size} {facts.st_mtime_ns}"
        """Which file it is, as it was when it was loaded: what was proved of it holds for no other."""
        if (found := self.functions.tg_abi_version()) != ABI_VERSION:
            raise EngineUnavailableError(path, f"has ABI {found}, and this tallygate needs {ABI_VERSION}", MEND)

    def kernels(self) -> list[str]:
        """Kernels that this machine can run, the one that is tried first at the front."""
        return [name for place, name in enumerate(self.built_kernels()) if self.functions.tg_kernel_available(place)]

    def built_kernels(self) -> list[str]:
        """All kernels that the library holds."""
        names: list[str] = []
        while (name := self.functions.tg_kernel_name(len(names))) is not None:
            names.append(name.decode("ascii"))
        return names

    def check(self, status: int, source: object, mend: str) -> None:
        """Raise what ``status`` means, if it is an error of ``source``."""
        if status == 0:
            return
        reason = self.functions.tg_message(status).decode("ascii")
        if status in _IMAGE_STATUSES:
            raise BundleInvalidError(source, reason, mend)
        if status in KERNEL_STATUSES:
            raise EngineUnavailableError(source, reason, f"choose one of: {', '.join(self.kernels())}")
        if status == GOLDEN_DIFFERS:
            raise GateError(source, reason, "do not serve this copy; run: tallygate verify")
        raise InputError(source, reason, mend)


def library_is_there() -> bool:
    """Whether the C core is installed; nothing is loaded."""
    return find_spec(PACKAGE) is not None


def available_kernels() -> list[str]:
    """Kernels of the installed C core that this machine can run, the first choice at the front; none without it."""
    try:
        return load_library().kernels()
    except EngineUnavailableError:
        return []


@cache
def load_library() -> Library:
    """The installed C core. Raises :class:`EngineUnavailableError` where it is not there."""
    if not library_is_there():
        raise EngineUnavailableError("engine native", f"{PACKAGE} is not installed", MEND)
    return Library(import_module(PACKAGE).library_path())
