"""What TensorRT says, made into one line.

TensorRT keeps one logger per process, whichever it is given later, so there is one here, and who wants to listen
takes turns.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tallygate.runtime.engines.tensorrt.api import Parser, TensorRT
from tallygate.runtime.errors import EngineUnavailableError

_ENVELOPE = re.compile(r"Error Code \d+: [^(\[]*[(\[](?P<inside>.*)[)\]]", re.DOTALL)
_PLACE = re.compile(r"\.?\s*\bIn \S+ at /\S+?:\d+\)?|\[\w+\.cpp:[^\]]*\]\s*")
_NOISE = "catchCudaError"
_MAX_LENGTH = 300


class PlanError(EngineUnavailableError):
    """TensorRT cannot make a plan of the graph, or a plan cannot be used here."""


class Log:
    """The logger of one TensorRT module."""

    def __init__(self, module: TensorRT) -> None:
        self._turn, self._errors = threading.RLock(), list[str]()
        self.logger = _new_logger(module, self._errors)
        """What TensorRT is given."""

    @contextmanager
    def errors(self) -> Iterator[list[str]]:
        """Collect the errors that TensorRT reports meanwhile. One thread at a time."""
        with self._turn:
            self._errors.clear()
            yield self._errors


_LOGS: dict[str, Log] = {}
_LOGS_LOCK = threading.Lock()


def log_of(module: TensorRT) -> Log:
    """The one logger of this process for the module."""
    with _LOGS_LOCK:
        return _LOGS.setdefault(module.__name__, Log(module))


def reason_of(errors: list[str], otherwise: str) -> str:
    """The first error that says something, without TensorRT's own file names."""
    spoken = [line for line in map(plain, errors) if line and _NOISE not in line]
    return spoken[0] if spoken else otherwise


def parser_reason(parser: Parser) -> str:
    """What the ONNX parser stumbled over: the node by name and operator, and why."""
    if not parser.num_errors:
        return "the parser gives no reason"
    error = parser.get_error(0)
    node = f"node {error.node_name()} ({error.node_operator()}): " if error.node_name() else ""
    lines = error.desc().splitlines() or [""]
    telling = [line for line in lines if _NOISE not in line and not line.startswith("Invalid Node")] or lines
    return f"{node}{plain(telling[0])}"


def plain(message: str) -> str:
    """One line of TensorRT's log as a person would say it."""
    envelope = _ENVELOPE.search(message)
    text = envelope["inside"] if envelope else message
    return " ".join(_PLACE.sub(" ", text).split()).strip(" .;")[:_MAX_LENGTH]


def _new_logger(module: TensorRT, errors: list[str]) -> object:
    worst = (module.ILogger.Severity.INTERNAL_ERROR, module.ILogger.Severity.ERROR)

    class Logger(module.ILogger):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()

        def log(self, severity: object, message: str) -> None:
            if severity in worst:
                errors.append(message)

    return Logger()
