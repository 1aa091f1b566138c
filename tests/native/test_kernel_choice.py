"""Which kernel answers: the one that is named, else the one that was measured, else the core's own choice."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.runtime.bench import contender
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.cli import main
from tallygate.runtime.errors import EngineUnavailableError, GateError, UsageError
from tallygate.runtime.machine.autotune import Settings, keep_settings, kept_settings
from tallygate.runtime.machine.cpu import this_machine
from tallygate.runtime.machine.user_cache import FOLDER
from tests.export.conftest import make_checkpoint
from tests.native.conftest import kernels

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

QUICK = ["--rounds", "1", "--texts", "6", "--no-peers", "--no-processes"]
TUNED = Settings(engine="native", precision="integer", threads=1, batch_size=7, kernel="scalar")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kernels") / "bundle"
    export_bundle(make_checkpoint(), path, ExportOptions(variants=("fp32", "integer")))
    return path


@pytest.fixture(autouse=True)
def no_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    monkeypatch.delenv("TALLYGATE_KERNEL", raising=False)


def kernel_of(path: Path, **options: str | None) -> str:
    return Classifier.load(path, **options).engine.provider  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", kernels())
def test_a_named_kernel_answers(bundle: Path, kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernel_of(bundle, kernel=kernel) == kernel
    monkeypatch.setenv("TALLYGATE_KERNEL", kernel)
    assert kernel_of(bundle) == kernel
    assert kernel_of(bundle, kernel="scalar") == "scalar"


def test_auto_uses_the_kernel_that_was_measured_unless_another_is_named(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_settings(open_bundle(bundle).sha256, this_machine().key, TUNED)
    assert (kernel_of(bundle), Classifier.load(bundle).batch_size) == ("scalar", 7)
    assert kernel_of(bundle, kernel=kernels()[0]) == kernels()[0]
    assert kernel_of(bundle, engine="native") == kernels()[0]
    monkeypatch.setenv("TALLYGATE_KERNEL", kernels()[0])
    assert kernel_of(bundle) == kernels()[0]


@pytest.mark.parametrize("kernel", ["simd128", "no such kernel", ""])
def test_a_measured_kernel_that_is_not_here_is_left_out(bundle: Path, kernel: str) -> None:
    settings = Settings(engine="native", precision="integer", threads=1, batch_size=7, kernel=kernel)
    keep_settings(open_bundle(bundle).sha256, this_machine().key, settings)
    assert (kernel_of(bundle), Classifier.load(bundle).batch_size) == (kernels()[0], 1024)


def test_a_pickled_classifier_keeps_its_kernel(bundle: Path) -> None:
    again = pickle.loads(pickle.dumps(Classifier.load(bundle, kernel="scalar")))  # noqa: S301
    assert again.engine.provider == "scalar"


@pytest.mark.parametrize("kernel", ["neon9", "", "\u00e9", "amx\0"])
def test_an_unknown_kernel_is_one_line(bundle: Path, kernel: str, capsys: Capture) -> None:
    for command in (
        ["predict", "--bundle", str(bundle), "good"],
        ["verify", str(bundle)],
        ["bench", str(bundle), *QUICK],
    ):
        assert main([*command, "--kernel", kernel]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert f"choose one of: {', '.join(kernels())}" in err


def test_an_unknown_kernel_of_the_environment_is_never_passed_over(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYGATE_KERNEL", "neon9")
    with pytest.raises(EngineUnavailableError, match="kernel 'neon9'"):
        Classifier.load(bundle)
    assert kernel_of(bundle, precision="fp32") == "CPUExecutionProvider"


def test_a_kernel_of_another_engine_is_refused(bundle: Path, capsys: Capture) -> None:
    with pytest.raises(UsageError, match="none of engine numpy"):
        Classifier.load(bundle, engine="numpy", kernel="scalar")
    assert main(["bench", str(bundle), *QUICK, "--engine", "numpy", "--kernel", "scalar"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_autotune_measures_every_kernel_and_keeps_the_quickest(bundle: Path, capsys: Capture) -> None:
    tune = [
        "bench",
        str(bundle),
        *QUICK,
        "--autotune",
        "--precision",
        "integer",
        "--engine",
        "native",
        "--threads",
        "1",
    ]
    assert main([*tune, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {result["provider"] for result in report["results"]} == set(kernels())
    best = max(report["results"], key=lambda result: result["reviews_per_second"])
    kept = kept_settings(open_bundle(bundle).sha256)
    assert kept is not None
    assert (kept.engine, kept.kernel) == ("native", best["provider"])
    assert kernel_of(bundle) == best["provider"]
    assert main(["doctor", str(bundle)]) == 0
    assert f"on native, kernel {best['provider']}" in capsys.readouterr().out


def test_autotune_leaves_a_kernel_that_answers_otherwise_out(
    bundle: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = contender.create_engine

    def created(*arguments: object, kernel: str | None = None) -> object:
        if kernel == kernels()[0]:
            raise GateError("golden text 1", "parts from the specification at token 2", "do not serve this copy")
        return create(*arguments, kernel=kernel)  # type: ignore[arg-type]

    monkeypatch.setattr(contender, "create_engine", created)
    assert main(["bench", str(bundle), *QUICK, "--autotune", "--engine", "native"]) == 0
    assert f"native integer, {kernels()[0]} did not take part: parts from the spec" in capsys.readouterr().out
    kept = kept_settings(open_bundle(bundle).sha256)
    assert kept is not None
    assert kept.kernel in kernels()[1:]


def test_bench_and_verify_take_the_named_kernel_alone(bundle: Path, capsys: Capture) -> None:
    assert main(["bench", str(bundle), *QUICK, "--kernel", "scalar", "--json"]) == 0
    assert [result["provider"] for result in json.loads(capsys.readouterr().out)["results"]] == ["scalar"]
    assert main(["verify", str(bundle), "--kernel", "scalar", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["golden_logits"]) == ["scalar"]
