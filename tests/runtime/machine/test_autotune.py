"""Measured settings: kept by bundle and machine, used by ``auto`` alone, and never in the way when they are no use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.cli import main
from tallygate.runtime.machine.autotune import Settings, keep_settings, kept_settings
from tallygate.runtime.machine.cpu import this_machine
from tallygate.runtime.machine.user_cache import FOLDER

NUMPY = Settings(engine="numpy", precision="fp32", threads=1, batch_size=3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tuned(toy_path: Path) -> Path:
    """A bundle for which this machine keeps settings."""
    keep_settings(open_bundle(toy_path).sha256, this_machine().key, NUMPY)
    return toy_path


def test_auto_uses_what_was_measured(tuned: Path) -> None:
    classifier = Classifier.load(tuned)
    assert (classifier.engine.name, classifier.batch_size) == ("numpy", 3)
    assert classifier.predict("good film").engine == "numpy"


def test_what_the_user_names_wins(tuned: Path) -> None:
    assert Classifier.load(tuned, engine="onnxruntime").engine.name == "onnxruntime"
    assert Classifier.load(tuned, batch_size=5).batch_size == 5


def test_nothing_is_taken_from_another_bundle_or_machine(toy_path: Path) -> None:
    sha256 = open_bundle(toy_path).sha256
    keep_settings("0" * 64, this_machine().key, NUMPY)
    keep_settings(sha256, "f" * 16, NUMPY)
    assert kept_settings(sha256) is None
    assert Classifier.load(toy_path).engine.name == "onnxruntime"


@pytest.mark.parametrize("settings", [{"engine": "cuda"}, {"precision": "int8"}])
def test_settings_that_cannot_be_used_are_left_out(toy_path: Path, settings: dict[str, str]) -> None:
    fields = {"engine": "numpy", "precision": "fp32", **settings}
    kept = Settings(**fields, threads=1, batch_size=3)  # type: ignore[arg-type]
    keep_settings(open_bundle(toy_path).sha256, this_machine().key, kept)
    assert Classifier.load(toy_path).engine.name == "onnxruntime"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"bundle": 1}', b"\xff\xfe", b"[" * 60_000])
def test_a_damaged_file_is_said_and_left_out(
    tuned: Path, cache: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    next((cache / "tuned").iterdir()).write_bytes(data)
    assert Classifier.load(tuned).engine.name == "onnxruntime"
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(("field", "value"), [("threads", 0), ("batch_size", 0), ("batch_size", 10**9)])
def test_impossible_figures_are_left_out(tuned: Path, cache: Path, field: str, value: int) -> None:
    file = next((cache / "tuned").iterdir())
    text = file.read_text().replace(f'"{field}": {getattr(NUMPY, field)}', f'"{field}": {value}')
    assert str(value) in text
    file.write_text(text)
    assert Classifier.load(tuned).engine.name == "onnxruntime"


def test_bench_keeps_and_predict_uses(toy_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = ["--rounds", "1", "--texts", "8", "--no-peers", "--no-processes", "--engine", "numpy"]
    assert main(["bench", str(toy_path), *quick, "--autotune"]) == 0
    capsys.readouterr()
    assert main(["predict", "--bundle", str(toy_path), "--format", "csv", "good film"]) == 0
    assert ",numpy,fp32" in capsys.readouterr().out


WRITER = """
import sys
from tallygate.runtime.machine.autotune import Settings, keep_settings
for number in range(200):
    settings = Settings(engine=sys.argv[1], precision="fp32", threads=1, batch_size=number % 64 + 1)
    keep_settings("a" * 64, sys.argv[2], settings)
"""


def test_two_processes_keep_the_same_settings_at_once(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = this_machine().key
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, engine, key]) for engine in ("numpy", "onnxruntime")]
    seen = {settings.engine for settings in _while_running(writers) if settings}
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen <= {"numpy", "onnxruntime"}
    assert kept_settings("a" * 64) is not None
    assert len(list((cache / "tuned").iterdir())) == 1, "temporary files were left behind"
    assert capsys.readouterr().err == "", "a half-written file was read"


def _while_running(writers: list[subprocess.Popen[bytes]]) -> Iterator[Settings | None]:
    while any(writer.poll() is None for writer in writers):
        yield kept_settings("a" * 64)
