"""The plan cache: one plan per key, whole or not at all, for any number of processes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tallygate.runtime.engines.tensorrt.log import PlanError
from tallygate.runtime.engines.tensorrt.plan import Plan, PlanFacts, check_fits, checked_plan, facts_to_json
from tallygate.runtime.engines.tensorrt.plan_cache import PlanCache, PlanKey, default_cache, plan_key
from tallygate.runtime.engines.tensorrt.profile import Profile, Range
from tallygate.runtime.errors import OutputError
from tallygate.runtime.machine.gpu import Gpu

GPU = Gpu("NVIDIA Test", "sm89", 2**30)
PROFILE = Profile(Range(1, 16, 64), Range(1, 200, 400))
KEY = plan_key(GPU, "tensorrt", "11.4.0", "0" * 64, "fp16", PROFILE)


def plan_of(key: PlanKey, data: bytes = b"plan") -> Plan:
    facts = PlanFacts(
        tensorrt=key.tensorrt,
        version=key.version,
        architectures=[key.architecture],
        gpu=key.gpu,
        precision=key.precision,
        profile=key.profile,
        onnx_sha256=key.onnx_sha256,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        created_with="0",
    )
    return Plan(data, facts, b"timings")


def test_a_plan_is_built_once_and_found_again(tmp_path: Path) -> None:
    cache, built = PlanCache(tmp_path / "plans"), []

    def build(timings: bytes) -> Plan:
        built.append(timings)
        return plan_of(KEY)

    first = cache.find_or_build(KEY, build)
    assert cache.find_or_build(KEY, build).data == cache.find(KEY).data == first.data  # type: ignore[union-attr]
    assert built == [b""]
    assert (tmp_path / "plans").stat().st_mode & 0o077 == 0
    cache.find_or_build(KEY, build, again=True)
    assert built == [b"", b"timings"]


@pytest.mark.parametrize(
    "change",
    [
        {"gpu": "NVIDIA Other"},
        {"architecture": "sm86"},
        {"tensorrt": "tensorrt_rtx"},
        {"version": "11.4.1"},
        {"onnx_sha256": "1" * 64},
        {"precision": "fp32"},
        {"profile": Profile(Range(1, 16, 64), Range(1, 200, 401))},
    ],
    ids=str,
)
def test_another_key_is_another_plan(tmp_path: Path, change: dict[str, object]) -> None:
    cache, other = PlanCache(tmp_path), msgspec.structs.replace(KEY, **change)
    cache.find_or_build(KEY, lambda _: plan_of(KEY))
    assert cache.find(other) is None
    # A plan of another profile may serve; one of another GPU, TensorRT, graph or precision never.
    assert (cache.latest(other) is not None) == ("profile" in change)


def test_a_plan_under_the_name_of_another_key_is_not_used(tmp_path: Path) -> None:
    cache, other = PlanCache(tmp_path), msgspec.structs.replace(KEY, architecture="sm86")
    cache.find_or_build(KEY, lambda _: plan_of(KEY))
    for suffix in (".plan", ".json"):
        (tmp_path / f"{KEY.name}{suffix}").rename(tmp_path / f"{other.name}{suffix}")
    assert cache.find(other) is None
    assert cache.latest(KEY) is None


@pytest.mark.parametrize("suffix", [".plan", ".json"])
@pytest.mark.parametrize("data", [b"", b"{}", b"plun", None])
def test_a_damaged_plan_is_built_again(tmp_path: Path, suffix: str, data: bytes | None) -> None:
    cache = PlanCache(tmp_path)
    cache.find_or_build(KEY, lambda _: plan_of(KEY))
    path = tmp_path / f"{KEY.name}{suffix}"
    path.unlink() if data is None else path.write_bytes(data)
    assert cache.find(KEY) is None
    assert cache.find_or_build(KEY, lambda _: plan_of(KEY, b"new")).data == b"new"
    assert cache.find(KEY) is not None


def test_the_plan_that_was_built_last_is_the_latest(tmp_path: Path) -> None:
    import os

    cache, other = PlanCache(tmp_path), msgspec.structs.replace(KEY, profile=Profile(Range(1, 1, 1), Range(1, 2, 3)))
    cache.find_or_build(KEY, lambda _: plan_of(KEY))
    cache.find_or_build(other, lambda _: plan_of(other, b"small"))
    os.utime(tmp_path / f"{KEY.name}.plan", ns=(0, 0))
    assert cache.latest(KEY).data == b"small"  # type: ignore[union-attr]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def build(_timings: bytes) -> Plan:
        raise PlanError("variant", "is refused", "choose another")

    with pytest.raises(PlanError, match="is refused"):
        PlanCache(tmp_path).find_or_build(KEY, build)
    assert [path.suffix for path in tmp_path.iterdir()] in ([], [".lock"])


def test_a_folder_that_cannot_be_made_is_said_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="set TALLYGATE_CACHE"):
        PlanCache(tmp_path / "file" / "plans").find_or_build(KEY, lambda _: plan_of(KEY))


def test_two_processes_build_one_plan(tmp_path: Path) -> None:
    program = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_plan_cache import KEY, plan_of
from tallygate.runtime.engines.tensorrt.plan_cache import PlanCache
folder = Path({str(tmp_path)!r})
(folder / sys.argv[1]).touch()
while len(list(folder.glob("ready*"))) < 2:
    time.sleep(0.01)
def build(timings):
    with (folder / "built").open("a") as log:
        log.write("x")
    time.sleep(0.3)
    return plan_of(KEY, sys.argv[1].encode())
print(PlanCache(folder / "plans").find_or_build(KEY, build).data.decode())
"""
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen([*command, f"ready{n}"], stdout=subprocess.PIPE, text=True) for n in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert (tmp_path / "built").read_text() == "x"
    assert answers[0] == answers[1]


def test_the_folder_is_the_users_unless_another_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path))
    assert default_cache().folder == tmp_path / "plans"
    monkeypatch.delenv("TALLYGATE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert default_cache().folder == tmp_path / "xdg" / "tallygate" / "plans"


def test_a_plan_of_another_gpu_or_tensorrt_is_refused() -> None:
    facts = plan_of(KEY).facts
    check_fits(facts, "sm89", "tensorrt", "11.4.0")
    with pytest.raises(PlanError, match="is for sm89, and this GPU is sm86"):
        check_fits(facts, "sm86", "tensorrt", "11.4.0")
    with pytest.raises(PlanError, match=r"was built by tensorrt 11\.4\.0, and this is tensorrt 11\.4\.1"):
        check_fits(facts, "sm89", "tensorrt", "11.4.1")


def test_a_plan_is_held_against_its_facts() -> None:
    plan = plan_of(KEY)
    assert checked_plan(plan.data, facts_to_json(plan.facts), "plan").facts == plan.facts
    with pytest.raises(PlanError, match="damaged or altered"):
        checked_plan(b"plam", facts_to_json(plan.facts), "plan")
    newer = msgspec.structs.replace(plan.facts, schema=2)
    with pytest.raises(PlanError, match="has schema 2"):
        checked_plan(plan.data, facts_to_json(newer), "plan")
    with pytest.raises(PlanError, match="cannot be read"):
        checked_plan(plan.data, b"[" * 100_000, "plan")
