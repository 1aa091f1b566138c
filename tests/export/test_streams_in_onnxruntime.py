"""Streams on a streaming graph: any cut, states saved and resumed, what is refused, and onnxruntime alone."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime import Classifier
from tallygate.runtime.engines.ort import streaming as running
from tallygate.runtime.engines.pieces.state import HEAD
from tallygate.runtime.errors import InputError
from tallygate.train.folder import Checkpoint
from tests.export.conftest import POOLINGS
from tests.native.test_tokenizer import TEXTS

MakeCheckpoint = Callable[..., Checkpoint]
DOCS = Path(__file__).parents[2] / "docs" / "streams.md"


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from(POOLINGS), TEXTS, st.lists(st.integers(0, 10_000), max_size=8))
def test_every_cut_gives_what_the_whole_gives(
    classifiers: dict[str, Classifier], data: st.DataObject, pooling: str, text: str, places: list[int]
) -> None:
    """With neighbours that read something else, and one resumed on another engine between two pieces."""
    classifier, utf8 = classifiers[pooling], text.encode("utf-8", "surrogatepass")
    try:
        whole = classifier.predict(text)
    except InputError:  # a half of a character
        return
    cuts = sorted({place % (len(utf8) + 1) for place in places})
    batch = classifier.streams(3)
    batch.push({2: "good bad"})
    for start, end in zip([0, *cuts], [*cuts, len(utf8)], strict=True):
        batch.push({1: utf8[start:end], 2: " film"})
        if data.draw(st.booleans()):
            other = classifier.streams(2)
            other.resume(1, batch.state(1))
            batch.resume(1, other.state(1))
    answer = batch.predictions([1])[0]
    if not answer.beyond:
        np.testing.assert_allclose(answer.logits, whole.logits, atol=1e-4)
        assert answer.tokens == len(classifier.tokenizer.encode(text))
    assert (answer.engine, answer.precision, answer.provider) == ("onnxruntime", "fp32", "CPUExecutionProvider")
    assert batch.predictions([0])[0].tokens == 1


def test_running_answers_are_those_of_the_text_so_far(classifiers: dict[str, Classifier]) -> None:
    text = "a good film, not bad<br />at all and the plot"
    for classifier in classifiers.values():
        stream = classifier.stream()
        for end, character in enumerate(text, 1):
            stream.push(character)
            np.testing.assert_allclose(stream.prediction.logits, classifier.predict(text[:end]).logits, atol=1e-4)
        assert stream.settled.tokens < stream.prediction.tokens


def test_beyond_max_length_it_reads_on_and_says_so(classifiers: dict[str, Classifier]) -> None:
    classifier = classifiers["mean"]
    longest = classifier.bundle.manifest.text.max_length
    stream = classifier.stream()
    stream.push("good " * (longest + 3))
    assert (stream.prediction.tokens, stream.prediction.beyond) == (longest + 3, True)


def test_a_long_push_to_many_streams_is_run_in_bounded_batches(
    classifiers: dict[str, Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = classifiers["max"].streams(5)
    pieces = {number: "good bad film " * (3 + number) for number in range(5)}
    expected.push(pieces)
    monkeypatch.setattr(running, "BATCH_IDS", 3)
    batch = classifiers["max"].streams(5)
    batch.push(pieces)
    found, wanted = ([answer.logits for answer in each.predictions()] for each in (batch, expected))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def damages(state: bytes) -> Iterator[tuple[str, bytes, str]]:
    def signed(data: bytes) -> bytes:
        return data + hashlib.sha256(data).digest()

    nan = struct.pack("<d", float("nan"))
    body = state[:-32]
    yield "cut off", state[:-1], "is no state of a stream, or is damaged"
    yield "empty", b"", "is no state"
    yield "one bit", body[:-1] + bytes([body[-1] ^ 1]) + state[-32:], "is no state"
    yield "of integers", signed(b"TGSTATE\0" + body[8:]), "is no state"
    yield "another model", signed(body[:16] + bytes(32) + body[48:]), "is of another model"
    yield "of the future", signed(body[:8] + struct.pack("<I", 9) + body[12:]), "was saved by another version"
    yield "no number", signed(body[: HEAD.size] + nan + body[HEAD.size + 8 :]), "is no state"
    yield "a sum beyond its tokens", signed(body[: HEAD.size] + struct.pack("<d", 1e9) + body[HEAD.size + 8 :]), "is no"
    yield "random", signed(bytes(range(256)) * 9), "is no state"


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_state_that_is_none_is_refused_in_one_line(classifiers: dict[str, Classifier], pooling: str) -> None:
    stream = classifiers[pooling].stream()
    stream.push("good bad fi")
    before = stream.state()
    for name, state, words in damages(before):
        with pytest.raises(InputError, match=words) as caught:
            stream.resume(state)
        assert "\n" not in str(caught.value), name
        assert stream.state() == before, name
    other = classifiers["last" if pooling != "last" else "max"].stream()
    with pytest.raises(InputError, match="is of another model"):
        stream.resume(other.state())


def test_only_fp32_on_onnxruntime_streams(streaming_paths: dict[str, Path]) -> None:
    """An answer in another precision than the one that was loaded would be no answer of that copy."""
    for engine, precision in (("onnxruntime", "int8"), ("numpy", "fp32")):
        with pytest.raises(InputError, match="one with a streaming graph as fp32 on onnxruntime"):
            Classifier.load(streaming_paths["mean"], engine, precision).stream()


def test_the_example_of_the_docs_runs_with_onnxruntime_alone(streaming_paths: dict[str, Path], tmp_path: Path) -> None:
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.S) if "import onnx" in block
    )
    assert "tallygate" not in code
    assert len(code.splitlines()) <= 16
    (tmp_path / "model.streaming.onnx").write_bytes((streaming_paths["mean"] / "model.streaming.onnx").read_bytes())
    printing = code + "\nprint(logits.tolist())\n"
    done = subprocess.run([sys.executable, "-c", printing], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ids = json.loads(re.findall(r"for pieces in (\[\[.*?\]\]):", code.replace("\n", ""))[0].replace(" ", ""))
    rows = [[word for pieces in ids for word in pieces[row]] for row in range(len(ids[0]))]
    expected = Classifier.load(streaming_paths["mean"], "onnxruntime", "fp32").logits(rows)
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-4)
