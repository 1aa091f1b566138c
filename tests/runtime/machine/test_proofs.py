"""Proofs are kept and found again; whatever else lies in their place is as good as none, and nothing is ever raised."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tallygate.runtime.machine import is_proved, keep_proof, processor

SHA = "ab" * 32
CONDITIONS = ["code", "numpy", "fp32"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("TALLYGATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def the_file(cache: Path) -> Path:
    (file,) = (cache / "proved").iterdir()
    return file


def test_a_proof_is_found_under_the_same_conditions_only(cache: Path) -> None:
    assert not is_proved(SHA, CONDITIONS)
    keep_proof(SHA, CONDITIONS)
    assert is_proved(SHA, CONDITIONS)
    assert not is_proved("cd" * 32, CONDITIONS)
    assert not is_proved(SHA, [*CONDITIONS, "more"])
    assert not is_proved(SHA, [*CONDITIONS[:-1], "int8"])
    assert json.loads(the_file(cache).read_text()) == {"bundle": SHA, "conditions": CONDITIONS}


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-20]),
    "no JSON": lambda file: file.write_bytes(b"\xff\x00"),
    "deep": lambda file: file.write_bytes(b"[" * 60_000),
    "large": lambda file: file.write_bytes(b" " * 70_000 + file.read_bytes()),
    "other conditions": lambda file: file.write_text(json.dumps({"bundle": SHA, "conditions": ["other"]})),
    "another bundle": lambda file: file.write_text(json.dumps({"bundle": "cd" * 32, "conditions": CONDITIONS})),
    "more fields": lambda file: file.write_text(json.dumps({"bundle": SHA, "conditions": CONDITIONS, "run": "x"})),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "a fifo": lambda file: (file.unlink(), os.mkfifo(file)),
    "a loop": lambda file: (file.unlink(), file.symlink_to(file)),
    "everybody's": lambda file: file.chmod(0o666),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with FIFOs and owners")
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_no_proof(cache: Path, damage: str) -> None:
    keep_proof(SHA, CONDITIONS)
    DAMAGE[damage](the_file(cache))
    assert not is_proved(SHA, CONDITIONS)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to give files away")
def test_a_file_of_somebody_else_is_no_proof(cache: Path) -> None:
    keep_proof(SHA, CONDITIONS)
    os.chown(the_file(cache), 12345, -1)
    assert not is_proved(SHA, CONDITIONS)


@pytest.mark.parametrize("place", ["a file", "a device", "nowhere"])
def test_a_cache_that_cannot_be_written_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("x")
    folder = {"a file": str(tmp_path / "file"), "a device": "/dev/null", "nowhere": "/proc/none"}[place]
    monkeypatch.setenv("TALLYGATE_CACHE", folder)
    keep_proof(SHA, CONDITIONS)
    assert not is_proved(SHA, CONDITIONS)


def test_many_at_once_leave_one_whole_proof(cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keep_proof(SHA, CONDITIONS), range(64)))
    assert is_proved(SHA, CONDITIONS)
    assert len(list((cache / "proved").iterdir())) == 1


def test_the_processor_is_told_the_same_each_time() -> None:
    assert processor() == processor()
    assert all(isinstance(line, str) for line in processor())
