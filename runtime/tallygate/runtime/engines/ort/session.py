"""How every onnxruntime session here computes, and the one entry that a bundle may add to that.

A session entry is a command to onnxruntime: some write a file, some read one, some load a library
(https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_session_options_config_keys.h).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallygate.runtime.errors import BundleInvalidError, EngineUnavailableError
from tallygate.runtime.installation import pip_install

CPU_PROVIDER = "CPUExecutionProvider"

SESSION_ENTRIES = {"session.disable_quant_qdq": "1"}
"""Entries that a variant may need, each with its one value: int8 wants its weights to be made float32 once, at load."""


def check_session(session: Mapping[str, str], source: object) -> None:
    """Raise :class:`BundleInvalidError` for an entry that no variant needs; ``source`` names the bundle."""
    for key, value in session.items():
        if SESSION_ENTRIES.get(key) != value:
            entry = ascii(f"{key}={value}")[:80]
            raise BundleInvalidError(source, f"asks onnxruntime for {entry}, which no variant needs", "do not use it")


def session_options(onnxruntime, session: Mapping[str, str], threads: int):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Quiet, without spinning, with what the variant needs.

    Raises :class:`BundleInvalidError` as :func:`check_session` does.
    """
    check_session(session, "session")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A pattern is planned and kept for each shape, and texts come in hundreds of lengths.
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    for key, value in session.items():
        options.add_session_config_entry(key, value)
    return options


def cpu_session(model: bytes, thing: object, entries: Mapping[str, str], threads: int) -> Any:  # noqa: ANN401
    """A session on the CPU; ``thing`` names the graph in errors, ``entries`` are those that it needs.

    Raises :class:`EngineUnavailableError` when onnxruntime is not installed, :class:`BundleInvalidError` when it cannot
    load the graph.
    """
    try:
        import onnxruntime
    except ImportError as error:
        reason = f"onnxruntime cannot be imported ({error})"
        raise EngineUnavailableError("engine onnxruntime", reason, f"run: {pip_install('cpu')}") from error
    options = session_options(onnxruntime, entries, threads)
    try:
        return onnxruntime.InferenceSession(model, options, providers=[CPU_PROVIDER])
    except Exception as error:  # onnxruntime's own exceptions share no narrower base
        reason = f"cannot be loaded by onnxruntime {onnxruntime.__version__} ({error})"
        mend = "install a newer onnxruntime, or export the bundle for this one with --target-ort"
        raise BundleInvalidError(thing, reason, mend) from error
