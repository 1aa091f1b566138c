"""The check at load: every golden row must come out as the reference answered it, or nothing is served.

Together the goldens touch every row of the embedding, every word and every kept mark, so a copy that was altered
anywhere answers one of them otherwise. On a CPU they are asked once for a bundle, an engine and a machine; the verdict
is remembered, and holds until the bundle, the machine, a version, or the code that answers is another. A GPU is asked
at every load: its drivers and plans are more than any list of conditions tells.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import unidata_version

from tallygate.runtime.bundle import GPU_PRECISIONS, Bundle
from tallygate.runtime.engines import Engine
from tallygate.runtime.machine import is_proved, keep_proof, processor
from tallygate.runtime.text import Tokenizer

_ANSWERING = ("engines", "graph", "parity", "text", "unicode")
"""Rooms whose code decides what an answer is."""


def check_goldens(bundle: Bundle, tokenizer: Callable[[], Tokenizer], engine: Engine, again: bool = False) -> None:
    """Raise :class:`GateError` when the tokenizer or the engine answers a golden row unlike the reference.

    What was proved here before is not asked ``again`` unless that is said; ``tokenizer`` gives the bundle's then.
    Raises :class:`BundleInvalidError` when the goldens cannot be read or the engine cannot answer them.
    """
    conditions = _conditions(engine)
    if not again and conditions and is_proved(bundle.sha256, conditions):
        return
    from tallygate.runtime.parity.golden_answers import ask_goldens  # the gate, which a load seldom needs

    ask_goldens(bundle, tokenizer(), engine)
    if conditions:
        keep_proof(bundle.sha256, conditions)


def _conditions(engine: Engine) -> list[str]:
    """All that an answer depends on beside the bundle; empty where that cannot be told."""
    code = _state_of_code()
    if not code or engine.name in GPU_PRECISIONS:
        return []
    python = f"python {sys.version}, unicode {unidata_version}"
    return [code, f"{engine.name} {_library(engine)}", engine.precision, engine.provider, python, *processor()]


def _library(engine: Engine) -> str:
    """What computes beside our own code: a version, or the C core's file as it is now."""
    if engine.name == "native":
        from tallygate.runtime.engines.integer import load_library

        return load_library().build
    import numpy as np

    return str(getattr(sys.modules.get(engine.name), "__version__", np.__version__))


def _state_of_code() -> str:
    """A digest of names, sizes and times of the files that answer: an update of tallygate proves again."""
    root = Path(__file__).parents[1]
    facts = sorted(fact for room in _ANSWERING for fact in _files(root / room))
    return hashlib.sha256(repr(facts).encode()).hexdigest() if facts else ""


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    if folder.is_dir():
        for entry in os.scandir(folder):
            if entry.is_dir():
                yield from _files(Path(entry))
            elif entry.name.endswith(".py"):
                facts = entry.stat()
                yield entry.path, facts.st_size, facts.st_mtime_ns
