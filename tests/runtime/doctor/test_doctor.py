"""The doctor, on installations that really are broken in the ways that it names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tallygate.runtime.cli import main
from tallygate.runtime.doctor.examination import examine
from tallygate.runtime.doctor.finding import Finding
from tallygate.runtime.doctor.software import onnxruntime_distributions, onnxruntime_findings
from tallygate.runtime.machine.user_cache import FOLDER
from tests.runtime.conftest import ToyBundle

Capture = pytest.CaptureFixture[str]


def named(findings: list[Finding], name: str) -> Finding:
    return next(finding for finding in findings if finding.name == name)


def install(folder: Path, name: str, version: str) -> None:
    """The traces of an installed distribution."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_a_sound_machine(toy_path: Path, capsys: Capture) -> None:
    assert main(["doctor", str(toy_path)]) == 0
    out = capsys.readouterr().out
    assert "fp32 on onnxruntime: answers every golden row as it should" in out
    assert "fp32 on numpy: answers every golden row as it should" in out
    assert "nothing is wrong" in out


def test_json(toy_path: Path, capsys: Capture) -> None:
    assert main(["doctor", str(toy_path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {finding["topic"] for finding in facts["findings"]} >= {"python", "processor", "onnxruntime", "bundle"}
    assert facts["machine"]["cores"] >= 1


def test_finds_the_clash_of_two_onnxruntimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "onnxruntime-gpu", "1.31.0")
    assert onnxruntime_distributions() == ["onnxruntime"]
    monkeypatch.syspath_prepend(tmp_path)
    clash = named(list(onnxruntime_findings()), "clash")
    assert clash.status == "problem"
    assert "onnxruntime and onnxruntime-gpu" in clash.text
    assert clash.mend
    assert "uninstall" in clash.mend


@pytest.mark.parametrize(("version", "warns"), [("1.23.2", False), ("1.24.1", True), ("1.26.0", True), ("1.27", False)])
def test_warns_of_releases_that_leak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, warns: bool
) -> None:
    install(tmp_path, "onnxruntime", version)
    monkeypatch.syspath_prepend(tmp_path)
    assert any(finding.name == "leak" for finding in onnxruntime_findings()) == warns


@pytest.mark.parametrize("broken", ["raise ImportError('libfoo.so is missing')", "import os; os.abort()"])
def test_a_broken_onnxruntime_is_a_problem_and_no_crash(toy_path: Path, tmp_path: Path, broken: str) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime/__init__.py").write_text(broken)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    script = "from tallygate.runtime.doctor.software import onnxruntime_findings as f; print([x.status for x in f()])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert "problem" in done.stdout
    if "abort" not in broken:
        command = [sys.executable, "-m", "tallygate.runtime.cli", "doctor", str(toy_path)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 1
        assert "libfoo.so is missing" in done.stdout
        assert "fp32 on numpy: answers" in done.stdout
        assert "Traceback" not in done.stderr


def test_a_bundle_that_answers_wrongly_is_a_problem(toy: ToyBundle, tmp_path: Path, capsys: Capture) -> None:
    lines = toy.files["golden.jsonl"].splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row["logits"] = [value + 1 for value in row["logits"]]
    toy.files["golden.jsonl"] = "\n".join(map(json.dumps, rows)).encode()
    toy.match_hashes()
    assert main(["doctor", str(toy.write_directory(tmp_path / "toy"))]) == 1
    assert "PROBLEM fp32 on onnxruntime" in capsys.readouterr().out


def test_a_missing_bundle_is_a_problem(tmp_path: Path, capsys: Capture) -> None:
    assert main(["doctor", str(tmp_path / "none.zip")]) == 1
    assert "there is no bundle" in capsys.readouterr().out


def test_an_engine_that_is_not_here_is_absent_and_not_wrong(toy: ToyBundle, tmp_path: Path) -> None:
    variant = toy.manifest["variants"]["fp32"]  # type: ignore[index]
    variant["engines"] = ["imaginary", "numpy"]
    findings = examine(toy.write_directory(tmp_path / "toy"))
    assert named(findings, "fp32 on imaginary").status == "absent"
    assert named(findings, "fp32 on numpy").status == "ok"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_cache_that_cannot_be_written_is_a_warning(
    toy_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    monkeypatch.setenv(FOLDER, str(tmp_path / "closed" / "cache"))
    assert named(examine(toy_path), "cache").status == "warning"
