"""The streaming graph end to end: exported, gated, verified, read in pieces, saved, resumed, by onnxruntime alone."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.export.graph import streaming_from_onnx
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines import create_streaming_engine
from tallygate.runtime.engines.ort import streaming as running
from tallygate.runtime.engines.pieces.state import HEAD
from tallygate.runtime.errors import InputError, UsageError
from tallygate.runtime.graph.streaming import StreamingNetwork
from tallygate.runtime.graph.terms import Term
from tallygate.runtime.text import TextContract
from tallygate.train.folder import Checkpoint, save_checkpoint
from tests.native.test_tokenizer import TEXTS

MakeCheckpoint = Callable[..., Checkpoint]
POOLINGS = ("last", "mean", "max")
DOCS = Path(__file__).parents[2] / "docs" / "streams.md"


def checkpoint_for(make: MakeCheckpoint, pooling: str) -> Checkpoint:
    """Two layers that say enough; text version 2, since hypothesis knows characters that the interpreter may not."""
    checkpoint = make(pooling=pooling, layers=2, outputs=3)
    with torch.no_grad():
        checkpoint.model.head.weight.mul_(6)
    return replace(checkpoint, text=TextContract(max_length=checkpoint.text.max_length, version=2))


@pytest.fixture(scope="module")
def streaming(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ExportResult]:
    folder = tmp_path_factory.mktemp("streaming")
    options = ExportOptions(variants=("fp32", "int8"), streaming=True)
    checkpoints = {pooling: checkpoint_for(checkpoint_of, pooling) for pooling in POOLINGS}
    return {pooling: export_bundle(made, folder / pooling, options) for pooling, made in checkpoints.items()}


@pytest.fixture(scope="module")
def paths(streaming: dict[str, ExportResult]) -> dict[str, Path]:
    assert all(result.passed for result in streaming.values())
    return {pooling: result.path for pooling, result in streaming.items() if result.path}


@pytest.fixture(scope="module")
def classifiers(paths: dict[str, Path]) -> dict[str, Classifier]:
    return {pooling: Classifier.load(path, "onnxruntime", "fp32") for pooling, path in paths.items()}


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


def test_only_fp32_on_onnxruntime_streams(paths: dict[str, Path]) -> None:
    """An answer in another precision than the one that was loaded would be no answer of that copy."""
    for engine, precision in (("onnxruntime", "int8"), ("numpy", "fp32")):
        with pytest.raises(InputError, match="one with a streaming graph as fp32 on onnxruntime"):
            Classifier.load(paths["mean"], engine, precision).stream()


def test_the_manifest_takes_the_next_minor_only_where_there_is_a_streaming_graph(
    streaming: dict[str, ExportResult], bundle_path: Path
) -> None:
    told = json.loads(streaming["mean"].files["bundle.json"])
    assert told["schema"] == "1.1"
    assert told["streaming"]["file"] == "model.streaming.onnx"
    assert told["streaming"]["parity"]["onnxruntime"]["max_logit_difference"] <= 1e-4
    assert "`model.streaming.onnx`" in streaming["mean"].files["README.md"].decode()
    told = json.loads((bundle_path / "bundle.json").read_text("utf-8"))
    assert told["schema"] == "1.0"
    assert "streaming" not in told


def test_verify_and_info_know_it(paths: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(paths["max"])]) == 0
    assert "\nstreaming  onnxruntime" in capsys.readouterr().out
    assert main(["verify", str(paths["max"]), "--engine", "numpy"]) == 0
    assert "\nstreaming" not in capsys.readouterr().out
    assert main(["verify", str(paths["max"]), "--precision", "streaming", "--json"]) == 0
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [(report["precision"], report["engine"], report["passed"]) for report in reports] == [
        ("streaming", "onnxruntime", True)
    ]
    assert main(["info", str(paths["max"])]) == 0
    assert "\nstreaming" in capsys.readouterr().out


def test_follow_reads_on_it(paths: dict[str, Path]) -> None:
    command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--follow", "--bundle", str(paths["mean"])]
    done = subprocess.run(
        [*command, "--engine", "onnxruntime", "--precision", "fp32"], input=b"a good film", capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line)["tokens"] for line in done.stdout.splitlines()] == [1, 2, 3]


def broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both the writer and the contract follow the network, so a wrong one is a valid graph that computes wrongly."""
    if name == "pauses forget":
        monkeypatch.setattr(
            StreamingNetwork, "_is_positive",
            lambda self, count: self.terms.apply(
                "Unsqueeze",
                self.terms.apply("GreaterOrEqual", count, self.terms.numbers(0, scalar=True)),
                self.terms.numbers(1),
            ),
        )  # fmt: skip
    else:

        def without(self: StreamingNetwork, states: Term) -> tuple[Term, Term]:
            features, pool = sound(self, states)
            return features, self.terms.apply("Sub", pool, self._taken("pool"))

        sound = StreamingNetwork._mean_so_far
        monkeypatch.setattr("tallygate.runtime.graph.streaming._POOLS", {"mean": without})


@pytest.mark.parametrize(
    ("name", "words"), [("pauses forget", "is not kept by a pause"), ("sums begin anew", "is not kept by a pause")]
)
def test_a_graph_that_computes_otherwise_is_not_written(
    name: str, words: str, checkpoint_of: MakeCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(name, monkeypatch)
    options = ExportOptions(variants=("fp32",), streaming=True)
    result = export_bundle(checkpoint_of(pooling="mean"), tmp_path / "bundle", options)
    assert result.streaming is not None
    assert not result.streaming.passed
    assert not result.passed
    assert any(words in failure for report in result.streaming.reports for failure in report.failures())
    assert result.path is not None, "the variants that passed are written"
    assert not open_bundle(result.path).manifest.streaming


def test_a_state_that_leaks_between_pieces_fails_the_gate(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses keep it, and the answers are wrong: the comparison with PyTorch says so."""
    sound = StreamingNetwork._count
    monkeypatch.setattr(
        StreamingNetwork,
        "_count",
        lambda self: self.terms.apply("Add", sound(self), self.terms.leaf("input", "lengths")),
    )
    options = ExportOptions(variants=("fp32",), streaming=True)
    result = export_bundle(checkpoint_of(pooling="mean"), tmp_path / "bundle", options)
    assert result.streaming is not None
    failures = [failure for report in result.streaming.reports for failure in report.failures()]
    assert any(failure.startswith("streaming on onnxruntime: max logit difference") for failure in failures)


def test_a_bidirectional_model_is_refused_before_any_work(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = checkpoint_of(bidirectional=True)
    with pytest.raises(UsageError, match="reads texts from both ends"):
        export_bundle(checkpoint, tmp_path / "bundle", ExportOptions(streaming=True))
    save_checkpoint(tmp_path / "run", checkpoint)
    assert main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "bundle"), "--streaming"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "a streaming graph: cannot be written: the model reads texts from both ends" in printed.err
    assert not (tmp_path / "bundle").exists()


def test_the_same_graph_gives_the_same_bytes(streaming: dict[str, ExportResult]) -> None:
    for result in streaming.values():
        again = streaming_from_onnx(result.variants[0].graph).SerializeToString(deterministic=True)
        assert again == result.files["model.streaming.onnx"]


def test_whole_texts_are_read_in_pieces_with_pauses(paths: dict[str, Path]) -> None:
    """What the gate rests on: pieces of many sizes, pauses among them, and every id once."""
    lengths = np.array([1, 40, 97, 3] * 4)
    ids = np.arange(16 * 97).reshape(16, 97)
    rows: list[list[int]] = [[] for _ in lengths]
    pauses, sizes = 0, set()
    for piece, more in running._pieces(ids, lengths):
        pauses += int(((more == 0) & (np.array([len(row) for row in rows]) < lengths)).sum())
        sizes |= set(more.tolist())
        for row, values, count in zip(rows, piece.tolist(), more.tolist(), strict=True):
            row += values[:count]
    assert [row == ids[place, : lengths[place]].tolist() for place, row in enumerate(rows)] == [True] * 16
    assert pauses >= 4
    assert len(sizes) >= 4
    bundle = open_bundle(paths["last"])
    engine = create_streaming_engine(bundle, bundle.tokenizer())
    assert engine.run(ids[:4, :50] % 100, np.array([1, 40, 50, 3])).shape == (4, 3)


def test_the_example_of_the_docs_runs_with_onnxruntime_alone(paths: dict[str, Path], tmp_path: Path) -> None:
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.S) if "import onnx" in block
    )
    assert "tallygate" not in code
    assert len(code.splitlines()) <= 16
    (tmp_path / "model.streaming.onnx").write_bytes((paths["mean"] / "model.streaming.onnx").read_bytes())
    printing = code + "\nprint(logits.tolist())\n"
    done = subprocess.run([sys.executable, "-c", printing], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ids = json.loads(re.findall(r"for pieces in (\[\[.*?\]\]):", code.replace("\n", ""))[0].replace(" ", ""))
    rows = [[word for pieces in ids for word in pieces[row]] for row in range(len(ids[0]))]
    expected = Classifier.load(paths["mean"], "onnxruntime", "fp32").logits(rows)
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-4)
