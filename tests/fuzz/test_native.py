"""A short piece of the C core's fuzzers, and that they would find something; docs/fuzzing.md tells of the long runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fuzz import fuzz_native
from tests.fuzz.fuzz_native import COMPILER, FUZZERS, build, fuzz

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("clang") is None, reason="needs clang")]
SECONDS = 60
FAULTS = {
    "image": ("src/image.c", "if (offsets[i] > offsets[i + 1]) return 0;", "(void)count;"),
    "text": ("src/stream_text.c", "(c == 'B' || c == 'R')", "c == 'B'"),
}
"""By fuzzer: a file, a line of it, and what makes a fault of the line."""


@pytest.fixture(autouse=True)
def libfuzzer(tmp_path: Path) -> None:
    source = tmp_path / "nothing.c"
    source.write_text("int LLVMFuzzerTestOneInput(const char *d, long n) { return d && n < 0; }", "ascii")
    command = [*COMPILER.split(), source, "-o", tmp_path / "nothing"]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("clang has no libFuzzer here")


@pytest.mark.parametrize("name", FUZZERS)
def test_nothing_is_found(name: str, tmp_path: Path) -> None:
    run = fuzz(name, build(name, tmp_path), tmp_path, SECONDS, seed=2)
    assert run.findings == 0
    assert run.executions > 1000
    assert run.edges > 400


@pytest.mark.parametrize("name", FUZZERS)
def test_a_planted_fault_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that is taken away, and a line break that streams alone do not see: a text in pieces then differs."""
    file, line, fault = FAULTS[name]
    broken = tmp_path / "broken"
    shutil.copytree(fuzz_native.NATIVE, broken, ignore=shutil.ignore_patterns("build", "node_modules", "web"))
    shutil.copy(fuzz_native.NATIVE.parent / "tallygate" / "runtime" / "unicode" / "unicode17.bin", broken)
    source = (broken / file).read_text("utf-8")
    assert source.count(line) == 1
    (broken / file).write_text(source.replace(line, fault), "utf-8")
    monkeypatch.setattr(fuzz_native, "NATIVE", broken)
    assert fuzz(name, build(name, tmp_path), tmp_path, SECONDS, seed=2).findings == 1
