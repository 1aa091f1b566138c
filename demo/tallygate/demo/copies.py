"""The copies of one model that this machine can run: each variant of the bundle on each engine that is installed."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from tallygate.runtime.bundle import Bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.engines import available_engines, create_engine
from tallygate.runtime.errors import EngineUnavailableError, UsageError


@dataclass(frozen=True)
class Copy:
    """One variant on one engine."""

    precision: str
    engine: str

    @property
    def name(self) -> str:
        """What people call it, such as ``int8 on onnxruntime``."""
        return f"{self.precision} on {self.engine}"


class Copies:
    """Loads each copy when it is first asked for, and keeps it. Safe to share between threads."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Raises :class:`EngineUnavailableError` when no installed engine runs any variant of the bundle."""
        self.bundle = bundle
        self._threads = threads
        self._lock = Lock()
        self._loaded: dict[Copy, Classifier] = {}
        self.all = _runnable(bundle)

    @property
    def names(self) -> list[str]:
        """Names of all copies; the first is the one that ``auto`` would choose."""
        return [copy.name for copy in self.all]

    @property
    def first(self) -> Copy:
        """The copy that ``auto`` would choose."""
        return self.all[0]

    @property
    def baseline(self) -> Copy:
        """The copy that others are compared with: the first in float32, where there is one."""
        return next((copy for copy in self.all if copy.precision == "fp32"), self.all[0])

    def find(self, name: str) -> Copy:
        """The copy of that name; ``auto`` is the first. Raises :class:`UsageError` where there is none."""
        if name == "auto":
            return self.first
        for copy in self.all:
            if copy.name == name:
                return copy
        raise UsageError(f"copy {name!r}", "is not on this machine", f"choose one of: auto, {', '.join(self.names)}")

    def load(self, copy: Copy) -> Classifier:
        """The classifier of a copy. Raises :class:`TallygateError` when it cannot be loaded."""
        # A copy that is there is not kept waiting while another is loaded.
        if (loaded := self._loaded.get(copy)) is not None:
            return loaded
        with self._lock:
            if copy not in self._loaded:
                engine = create_engine(self.bundle, copy.engine, copy.precision, self._threads)
                self._loaded[copy] = Classifier(self.bundle, engine)
            return self._loaded[copy]

    def size(self, copy: Copy) -> int:
        """Bytes of the copy's graph."""
        manifest = self.bundle.manifest
        return manifest.files[manifest.variants[copy.precision].file].size


def _runnable(bundle: Bundle) -> list[Copy]:
    variants = bundle.manifest.variants.items()
    copies = [Copy(name, engine) for engine in available_engines() for name, v in variants if engine in v.engines]
    if not copies:
        needed = ", ".join(sorted({engine for _, variant in variants for engine in variant.engines}))
        raise EngineUnavailableError(bundle.path, f"needs one of the engines {needed}", "install one of them")
    return copies
