"""Streams of exported bundles: the classifier's own, and ``predict --follow`` for models that can stream or cannot."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.runtime import Classifier
from tallygate.runtime.engines.integer import library_is_there
from tallygate.runtime.errors import InputError
from tallygate.train.folder import Checkpoint

MakeCheckpoint = Callable[..., Checkpoint]
TEXT = "a good film, not bad<br />at all and the plot"


def exported_as(checkpoint: Checkpoint, path: Path) -> Path:
    result = export_bundle(checkpoint, path, ExportOptions(variants=("fp32", "integer")))
    assert result.passed
    return path


@pytest.fixture(scope="module")
def one_way(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported_as(checkpoint_of(pooling="mean", pooling_floor=9), tmp_path_factory.mktemp("one way") / "bundle")


@pytest.fixture(scope="module")
def both_ways(checkpoint_of: MakeCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported_as(checkpoint_of(bidirectional=True), tmp_path_factory.mktemp("both ways") / "bundle")


@pytest.mark.parametrize("engine", ["numpy", *(["native"] if library_is_there() else [])])
def test_each_prefix_is_answered_as_the_classifier_answers_it(one_way: Path, engine: str) -> None:
    classifier = Classifier.load(one_way, engine, "integer")
    stream, batch = classifier.stream(), classifier.streams(2)
    for end, character in enumerate(TEXT, 1):
        stream.push(character)
        batch.push({1: character})
        answer, whole = stream.prediction, classifier.predict(TEXT[:end])
        assert batch.predictions([1]) == [answer]
        assert (answer.logits, answer.probabilities, answer.label) == (whole.logits, whole.probabilities, whole.label)
        assert (answer.engine, answer.precision, answer.provider) == (whole.engine, whole.precision, whole.provider)


def test_a_bidirectional_model_refuses_in_one_line(both_ways: Path) -> None:
    for engine in ("numpy", *(["native"] if library_is_there() else [])):
        classifier = Classifier.load(both_ways, engine, "integer")
        with pytest.raises(InputError, match="reads texts from both ends, so it cannot read one as it comes"):
            classifier.stream()


def follow(bundle: Path, text: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--follow", "--bundle", str(bundle), *options]
    return subprocess.run(command, input=text, capture_output=True, timeout=120)


def test_follow_answers_after_each_word(one_way: Path) -> None:
    done = follow(one_way, TEXT.encode(), "--precision", "integer")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["word"] for line in lines] == TEXT.split()
    classifier = Classifier.load(one_way, precision="integer")
    words = TEXT.split(" ")
    for count, word in ((1, "a"), (3, "film,"), (len(words), words[-1])):
        place = [line["word"] for line in lines].index(word)
        assert lines[place]["probabilities"] == classifier.predict(" ".join(words[:count])).probabilities
        assert lines[place]["tokens"] == len(classifier.tokenizer.encode(" ".join(words[:count])))
    assert lines[-1]["probabilities"] == classifier.predict(TEXT).probabilities


def test_follow_says_when_a_text_is_longer_than_the_model_reads(one_way: Path) -> None:
    longest = Classifier.load(one_way).bundle.manifest.text.max_length
    done = follow(one_way, b"good " * (longest + 2), "--precision", "integer")
    beyond = [json.loads(line)["beyond"] for line in done.stdout.splitlines()]
    assert beyond == [False] * longest + [True] * 2


@pytest.mark.parametrize("output_format", ["jsonl", "table", "csv"])
def test_a_model_that_cannot_stream_reads_the_prefix_anew_and_says_so(both_ways: Path, output_format: str) -> None:
    done = follow(both_ways, b"good bad\nfilm", "--precision", "integer", "--format", output_format)
    assert done.returncode == 0
    assert done.stderr.count(b"\n") == 1
    assert b"reads texts from both ends" in done.stderr
    assert b"read anew" in done.stderr
    classifier = Classifier.load(both_ways, precision="integer")
    scores = [classifier.predict(text).score for text in ("good", "good bad", "good bad\nfilm")]
    lines = done.stdout.decode().splitlines()
    if output_format == "jsonl":
        assert [json.loads(line)["score"] for line in lines] == scores
    elif output_format == "csv":
        rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
        assert [row["score"] for row in rows] == [f"{score:.6f}" for score in scores]
    else:
        assert [f"{score:.1%}" in line for score, line in zip(scores, lines[1:], strict=True)] == [True] * 3


def test_follow_answers_while_the_pipe_is_open_and_ends_quietly_when_nobody_reads(one_way: Path) -> None:
    command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--follow", "--bundle", str(one_way)]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "--precision", "integer"], stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(b"good ")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["word"] == "good"
        running.stdout.close()
        running.stdin.write(b"bad film ")
        running.stdin.close()
        assert running.wait(60) == 0
        assert running.stderr.read() == b""


def test_follow_takes_input_that_is_cut_inside_a_character(one_way: Path) -> None:
    command = [sys.executable, "-m", "tallygate.runtime.cli", "predict", "--follow", "--bundle", str(one_way)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for part in (b"caf\xc3", b"\xa9 good ", b"\xef\xbb\xbf"):
            running.stdin.write(part)
            running.stdin.flush()
        running.stdin.close()
        assert [json.loads(line)["word"] for line in running.stdout][:2] == ["caf\u00e9", "good"]


@pytest.mark.parametrize(
    ("options", "text", "reason"),
    [
        (("--file", "x.csv"), b"", "reads standard input"),
        (("good",), b"", "reads standard input"),
        (("--id-column", "id"), b"", "is for rows"),
        (("--skip-bad",), b"", "is for rows"),
        (("--encoding", "no-such"), b"good", "is not known"),
        (("--encoding", "base64"), b"good", "is not known"),
        ((), b"good \xff bad", "is not in utf-8"),
    ],
)
def test_follow_refuses_in_one_line(one_way: Path, options: tuple[str, ...], text: bytes, reason: str) -> None:
    done = follow(one_way, text, "--precision", "integer", *options)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert reason in done.stderr.decode()
