"""A bundle whose graph is an attacker's is refused in one line, on every engine, before the engine sees it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.cli import main
from tallygate.runtime.engines import create_engine
from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.errors import BundleInvalidError, EngineError
from tests.attacks import graphs, weights
from tests.attacks.altering import Attack
from tests.runtime.conftest import ToyBundle, toy_model

ATTACKS = [*graphs.ATTACKS, *weights.ATTACKS]

ENGINES = ("numpy", "onnxruntime")
MODEL = "model.fp32.onnx"


def bundle_with(model: bytes, folder: Path) -> Path:
    """A bundle that holds ``model`` and tells its hash."""
    toy = ToyBundle()
    toy.files[MODEL] = model
    toy.match_hashes()
    return toy.write_directory(folder / "toy")


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime is not to be asked."""
    import onnxruntime

    def asked(*_arguments: object, **_options: object) -> None:
        raise AssertionError("onnxruntime saw the graph")

    monkeypatch.setattr(onnxruntime, "InferenceSession", asked)


def test_the_sound_graph_is_answered(tmp_path: Path) -> None:
    path = bundle_with(toy_model(), tmp_path)
    for engine in ENGINES:
        assert Classifier.load(path, engine).predict("good film").label in ("bad", "good")


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_refused(attack: Attack, engine: str, tmp_path: Path) -> None:
    bundle = open_bundle(bundle_with(attack(toy_model()), tmp_path))
    with pytest.raises(BundleInvalidError) as caught:
        create_engine(bundle, engine)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_command_line_says_it_in_one_line(engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attack = next(attack for attack in ATTACKS if attack.__name__.startswith("loop"))
    path = bundle_with(attack(toy_model()), tmp_path)
    assert main(["predict", "good film", "--bundle", str(path), "--engine", engine]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "session",
    [
        {"session.collect_node_memory_stats_to_file": "/tmp/overwritten"},
        {"session.model_external_initializers_file_folder_path": "/etc"},
        {"session.load_model_format": "ORT"},
        {"session.disable_quant_qdq": "0"},
        {"session.disable_quant_qdq": "1", "session.intra_op.allow_spinning": "1"},
        {"\x1b[2J": "1"},
    ],
)
def test_session_entries_are_refused(session: dict[str, str], engine: str, toy: ToyBundle, tmp_path: Path) -> None:
    toy.manifest["variants"]["fp32"]["session"] = session  # type: ignore[index]
    bundle = open_bundle(toy.write_directory(tmp_path / "toy"))
    with pytest.raises(BundleInvalidError, match="which no variant needs") as caught:
        create_engine(bundle, engine)
    assert str(caught.value).isprintable()


def test_the_one_entry_that_int8_needs_is_allowed(toy: ToyBundle, tmp_path: Path) -> None:
    toy.manifest["variants"]["fp32"]["session"] = {"session.disable_quant_qdq": "1"}  # type: ignore[index]
    bundle = open_bundle(toy.write_directory(tmp_path / "toy"))
    assert create_engine(bundle, "onnxruntime").run(np.array([[2, 3]]), np.array([2])).shape == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("number", [2.0**96, 3e38])
def test_weights_that_would_overflow_are_refused(number: float, engine: str, tmp_path: Path) -> None:
    graph = onnx.load_from_string(toy_model())
    for tensor in graph.graph.initializer:
        if tensor.name == "lstm.0.forward.b":
            biases = np.full(tuple(tensor.dims), number, np.float32)
            tensor.CopyFrom(numpy_helper.from_array(biases, tensor.name))
    bundle = open_bundle(bundle_with(graph.SerializeToString(), tmp_path))
    with pytest.raises(BundleInvalidError, match=r"forward\.b holds a number that is infinite, NaN or above"):
        create_engine(bundle, engine)


@pytest.fixture(params=[np.nan, np.inf])
def no_number(request: pytest.FixtureRequest, toy_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the bundle is made, both engines compute what is no number, as a processor's fault would have it."""
    assert toy_path.exists()
    for kind in (NumpyEngine, OnnxRuntimeEngine):
        found = np.array([[request.param]], np.float32)
        monkeypatch.setattr(kind, "_logits", lambda _self, ids, _lengths, found=found: np.repeat(found, len(ids), 0))


@pytest.mark.usefixtures("no_number")
@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_that_is_not_finite_is_an_error_and_no_label(engine: str, toy_path: Path) -> None:
    created = create_engine(open_bundle(toy_path), engine)
    with pytest.raises(EngineError, match=f"fp32 on {engine}: gave an answer that is not finite"):
        created.run(np.array([[2, 3]]), np.array([2]))


@pytest.mark.usefixtures("no_number")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_bundle_whose_answers_are_not_finite_is_not_served(
    engine: str, toy_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "good", "--bundle", str(toy_path), "--engine", engine, "--abstain-below", "0.9"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "not finite" in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_an_engine_raises_is_one_line(engine: str, toy_path: Path) -> None:
    created = create_engine(open_bundle(toy_path), engine)
    with pytest.raises(EngineError, match=f"fp32 on {engine}: failed on a batch") as caught:
        created.run(np.array([[10**6]]), np.array([1]))
    assert "\n" not in str(caught.value)


def test_reading_copies_no_weight(tmp_path: Path) -> None:
    """Reading is no second copy of the weights: every array is a view of the file."""
    from tallygate.runtime.graph import read_onnx

    data = toy_model()
    for tensor in read_onnx(data, "toy").tensors.values():
        assert tensor.raw.obj is data


def test_attacks_are_named_once() -> None:
    assert len({attack.__name__ for attack in ATTACKS}) == len(ATTACKS) >= 40
