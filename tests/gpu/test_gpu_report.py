"""The page of ``make gpu-report``, as far as it can be made without a GPU."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tallygate.runtime.machine.gpu import first_gpu


@pytest.fixture(scope="module")
def report() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "gpu_report.py"
    spec = importlib.util.spec_from_file_location("gpu_report", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_ran_what_failed_and_what_did_not_run(report: ModuleType) -> None:
    ran = report.Row("tensorrt", "fp16", "TensorRT", "", True, [], 1.5e-3, 0)
    ran.seconds = {shape: [0.5, 0.001, 0.002] for shape in report.SHAPES}
    failed = report.Row("cuda", "fp16", "CUDA", "", False, ["fp16 on cuda: label flips 9, above 1"], 0.5, 9)
    absent = report.Row("tensorrt", "bf16", problem="there is none")
    lines = report._page({"driver": "13.0"}, [ran, failed, absent]).splitlines()
    row = next(line for line in lines if "1.5e-03" in line)
    assert "2.00 ms" in row
    assert "32,000/s" in row
    assert "FAILED" in next(line for line in lines if "5.0e-01" in line)
    assert "- fp16 on cuda: label flips 9, above 1" in lines
    assert "- tensorrt bf16 did not run: there is none" in lines


@pytest.mark.skipif(first_gpu() is not None, reason="this machine has a GPU")
def test_without_a_gpu_there_is_no_page(report: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main(["--out", str(tmp_path / "gpu")]) == 2
    assert "run it where a GPU is, or with --rehearse" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
