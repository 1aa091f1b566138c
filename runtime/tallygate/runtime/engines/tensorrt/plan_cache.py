"""Plans that this machine built, kept for the next start: by GPU, TensorRT, graph, precision and profile.

A plan may carry code, so the folder is its owner's alone, and every plan is held against its hash before it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.plan import Plan, checked_plan, facts_to_json
from tallygate.runtime.engines.tensorrt.profile import Profile
from tallygate.runtime.errors import MissingExtraError, OutputError
from tallygate.runtime.machine import FOLDER, Gpu, cache_folder
from tallygate.runtime.outputs import write_bytes


class PlanKey(msgspec.Struct, frozen=True, kw_only=True):
    """All that a plan depends on."""

    gpu: str
    architecture: str
    tensorrt: str
    version: str
    onnx_sha256: str
    precision: str
    profile: Profile

    @property
    def name(self) -> str:
        """A file name, the same for the same key."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


def plan_key(gpu: Gpu, tensorrt: str, version: str, onnx_sha256: str, precision: str, profile: Profile) -> PlanKey:
    """The key of the plan of a graph on this GPU with this TensorRT."""
    return PlanKey(
        gpu=gpu.name,
        architecture=gpu.architecture,
        tensorrt=tensorrt,
        version=version,
        onnx_sha256=onnx_sha256,
        precision=precision,
        profile=profile,
    )


@dataclass(frozen=True)
class PlanCache:
    """The plans of one folder."""

    folder: Path

    def find(self, key: PlanKey) -> Plan | None:
        """The plan, ``None`` where there is none that is whole."""
        return self._read(self._path(key), key)

    def latest(self, key: PlanKey) -> Plan | None:
        """The plan that was built last for the key, whatever its profile; ``None`` where there is none."""
        paths = sorted(self.folder.glob("*.plan"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        plans = (self._read(path, key) for path in paths)
        return next((plan for plan in plans if plan is not None), None)

    def find_or_build(self, key: PlanKey, build: Callable[[bytes], Plan], again: bool = False) -> Plan:
        """The plan, built and kept where there is none, or where it is to be built ``again``.

        ``build`` takes the timing cache. Of two processes that want the same plan one builds and the other waits for
        it. Raises what ``build`` raises, and :class:`OutputError` when the folder cannot be written.
        """
        from filelock import FileLock

        path = self._path(key)
        self._make_folder()
        try:
            with FileLock(path.with_suffix(".lock")):
                found = None if again else self.find(key)
                return found or self._keep(key, build(self._timing_cache(key)))
        except (OSError, NotImplementedError) as error:
            if isinstance(error, OutputError):
                raise
            reason = f"cannot be written ({getattr(error, 'strerror', None) or error})"
            raise OutputError(self.folder, reason, f"set {FOLDER} to another folder") from error

    def _keep(self, key: PlanKey, plan: Plan) -> Plan:
        path = self._path(key)
        write_bytes(path, plan.data)
        write_bytes(path.with_suffix(".json"), facts_to_json(plan.facts))
        if plan.timing_cache:
            write_bytes(self._timing_path(key), plan.timing_cache)
        return plan

    def _timing_cache(self, key: PlanKey) -> bytes:
        path = self._timing_path(key)
        return path.read_bytes() if path.exists() else b""

    def _timing_path(self, key: PlanKey) -> Path:
        machine = hashlib.sha256(f"{key.gpu} {key.architecture} {key.tensorrt} {key.version}".encode()).hexdigest()[:16]
        return self.folder / f"{machine}.timing"

    def _read(self, path: Path, key: PlanKey) -> Plan | None:
        """The plan in that file, if it is whole and its own profile makes the key that names the file."""
        try:
            plan = checked_plan(path.read_bytes(), path.with_suffix(".json").read_bytes(), path)
        except (OSError, PlanError):
            return None
        own = PlanKey(
            gpu=plan.facts.gpu or "",
            architecture=plan.facts.architectures[0],
            tensorrt=plan.facts.tensorrt,
            version=plan.facts.version,
            onnx_sha256=plan.facts.onnx_sha256,
            precision=plan.facts.precision,
            profile=plan.facts.profile,
        )
        return plan if own == msgspec.structs.replace(key, profile=own.profile) and own.name == path.stem else None

    def _path(self, key: PlanKey) -> Path:
        return self.folder / f"{key.name}.plan"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = f"cannot be made ({error.strerror or error})"
            raise OutputError(self.folder, reason, f"set {FOLDER} to another folder") from error


def default_cache() -> PlanCache:
    """The plans of this user."""
    try:
        return PlanCache(cache_folder() / "plans")
    except ImportError as error:
        mend = f"run: pip install platformdirs, or set {FOLDER}"
        raise MissingExtraError("plan cache", "needs platformdirs, which is not installed", mend) from error
