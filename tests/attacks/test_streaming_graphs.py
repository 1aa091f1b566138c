"""A bundle whose streaming graph, or what it says of it, is an attacker's is refused before an engine sees it.

What was tried on whole graphs is tried here again.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tallygate.export.graph.streaming import with_states
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import Temperatures, open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines import create_streaming_engine
from tallygate.runtime.errors import BundleInvalidError, BundleVersionError, GateError, InputError
from tallygate.runtime.graph.architecture import Architecture, Sizes
from tests.attacks import graphs, streaming_graphs, weights
from tests.attacks.altering import Attack
from tests.runtime.conftest import WORDS, ToyBundle, toy_goldens, toy_model
from tests.runtime.graph.written import written

STREAMING = "model.streaming.onnx"
FACTS = {"file": STREAMING, "opset": 18, "ir_version": 8, "parity": {}}
OF_WHOLE_GRAPHS_ALONE = {
    graphs.sequence_lens,  # a streaming graph has them
    graphs.gigabytes_by_expand,  # and this step it does not have
}


def sound() -> bytes:
    told = Architecture(layers=1, bidirectional=False, pooling="mean")
    return with_states(written(told, Sizes(len(WORDS) + 2, 2, 3, 1))).SerializeToString()


def streaming_toy(model: bytes) -> ToyBundle:
    """A sound bundle but for its streaming graph, whose hash it tells."""
    toy = ToyBundle()
    toy.files[STREAMING] = model
    toy.manifest["text"] |= {"version": 2}  # type: ignore[operator]
    del toy.manifest["temperature"]
    calibration = msgspec.to_builtins(Temperatures.constant(2.0))
    toy.manifest |= {"schema": "1.2", "streaming": FACTS, "calibration": calibration}
    toy.match_hashes()
    return toy


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime is not to be asked."""
    import onnxruntime

    def asked(*_arguments: object, **_options: object) -> None:
        raise AssertionError("onnxruntime saw the graph")

    monkeypatch.setattr(onnxruntime, "InferenceSession", asked)


def check_refused(attack: Attack, model: bytes, folder: Path) -> None:
    altered = attack(model)
    assert altered != model
    bundle = open_bundle(streaming_toy(altered).write_directory(folder))
    with pytest.raises(BundleInvalidError) as caught:
        create_streaming_engine(bundle, bundle.tokenizer())
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("attack", streaming_graphs.ATTACKS, ids=lambda attack: attack.__name__)
def test_refused(attack: Attack, tmp_path: Path) -> None:
    check_refused(attack, sound(), tmp_path / "toy")


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize(
    "attack",
    [attack for attack in (*graphs.ATTACKS, *weights.ATTACKS) if attack not in OF_WHOLE_GRAPHS_ALONE],
    ids=lambda attack: attack.__name__,
)
def test_what_was_tried_on_whole_graphs_is_refused(attack: Attack, tmp_path: Path) -> None:
    check_refused(attack, with_states(onnx.load_from_string(toy_model())).SerializeToString(), tmp_path / "toy")


def test_the_sound_graph_is_taken(tmp_path: Path) -> None:
    bundle = open_bundle(streaming_toy(sound()).write_directory(tmp_path / "toy"))
    engine = create_streaming_engine(bundle, bundle.tokenizer())
    assert engine.run(np.array([[2, 3]]), np.array([2])).shape == (1, 1)


@pytest.mark.usefixtures("no_session")
def test_a_whole_graph_in_its_place_is_refused(tmp_path: Path) -> None:
    bundle = open_bundle(streaming_toy(toy_model()).write_directory(tmp_path / "toy"))
    with pytest.raises(BundleInvalidError, match="it has 2 inputs and 1 outputs"):
        create_streaming_engine(bundle, bundle.tokenizer())


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("engine", ["numpy", "onnxruntime"])
def test_a_streaming_graph_in_a_variants_place_is_refused(engine: str, tmp_path: Path) -> None:
    toy = ToyBundle()
    toy.files["model.fp32.onnx"] = sound()
    toy.match_hashes()
    path = toy.write_directory(tmp_path / "toy")
    with pytest.raises(BundleInvalidError, match="it has 6 inputs and 5 outputs"):
        Classifier.load(path, engine)


def altered_weight(model: bytes) -> bytes:
    graph = onnx.load_from_string(model)
    tensor = next(tensor for tensor in graph.graph.initializer if tensor.name == "lstm.0.forward.r")
    tensor.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(tensor), tensor.name))
    return graph.SerializeToString()


def test_other_weights_than_the_variants_are_not_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole texts are answered as ever; streams and verify find it out by the goldens."""
    toy = streaming_toy(altered_weight(with_states(onnx.load_from_string(toy_model())).SerializeToString()))
    path = toy.write_directory(tmp_path / "toy")
    classifier = Classifier.load(path, "onnxruntime", "fp32")
    assert classifier.predict("good film").label in ("bad", "good")
    with pytest.raises(GateError, match=r"streaming on onnxruntime is .* off on a golden row"):
        classifier.stream()
    assert main(["verify", str(path), "--precision", "streaming"]) == 1
    printed = capsys.readouterr()
    assert "FAILED" in printed.out
    assert "streaming on onnxruntime: max logit difference" in printed.err


def test_a_sound_bundle_streams(tmp_path: Path) -> None:
    toy = streaming_toy(with_states(onnx.load_from_string(toy_model())).SerializeToString())
    toy.files["golden.jsonl"] = toy_goldens(toy_model())
    classifier = Classifier.load(toy.write_directory(tmp_path / "toy"), "onnxruntime", "fp32")
    stream = classifier.stream()
    stream.push("good fi")
    stream.push("lm")
    np.testing.assert_allclose(stream.prediction.logits, classifier.predict("good film").logits, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": "1.1"}, "a streaming graph needs schema 1.2"),
        ({"streaming": FACTS | {"file": "model.other.onnx"}}, "the streaming graph's file must be listed"),
        ({"streaming": FACTS | {"file": "../x"}}, "the streaming graph's file must be listed"),
        ({"streaming": FACTS | {"session": {}}}, "unknown field `session`"),
        ({"streaming": None}, "Expected `object`, got `null`"),
        ({"streaming": [FACTS]}, "Expected `object`, got `array`"),
    ],
)
def test_a_manifest_that_says_it_otherwise_is_refused(changes: dict[str, object], words: str, tmp_path: Path) -> None:
    toy = streaming_toy(sound())
    toy.manifest |= changes
    with pytest.raises(BundleInvalidError, match=words):
        open_bundle(toy.write_directory(tmp_path / "toy"))


def test_a_file_that_was_altered_is_refused(tmp_path: Path) -> None:
    path = streaming_toy(sound()).write_directory(tmp_path / "toy")
    data = bytearray((path / STREAMING).read_bytes())
    data[-1] ^= 1
    (path / STREAMING).write_bytes(data)
    with pytest.raises(BundleInvalidError, match=r"model\.streaming\.onnx is damaged or altered"):
        open_bundle(path)


def test_a_schema_of_the_future_names_the_version_that_it_needs(tmp_path: Path) -> None:
    toy = streaming_toy(sound())
    toy.manifest["schema"] = "1.99"
    with pytest.raises(BundleVersionError, match=r"install a tallygate that reads schema 1\.99"):
        open_bundle(toy.write_directory(tmp_path / "toy"))


def test_an_older_bundle_is_read_and_does_not_stream(toy: ToyBundle, tmp_path: Path) -> None:
    assert "streaming" not in json.dumps(toy.manifest)
    classifier = Classifier.load(toy.write_directory(tmp_path / "toy"), "onnxruntime")
    with pytest.raises(InputError, match="cannot read a text as it comes"):
        classifier.stream()


@pytest.mark.parametrize("attack", [streaming_graphs.inputs_without_end, streaming_graphs.layers_without_end])
def test_the_command_line_says_it_in_one_line(
    attack: Attack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = streaming_toy(attack(sound())).write_directory(tmp_path / "toy")
    assert main(["verify", str(path), "--precision", "streaming"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
