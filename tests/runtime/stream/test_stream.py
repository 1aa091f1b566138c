"""Streams as their users see them: running answers, what is said beyond the longest text, and refusals in one line."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pytest

from tallygate.runtime.engines.integer import IntegerNumpyEngine, NativeEngine, library_is_there
from tallygate.runtime.errors import InputError, TallygateError, UsageError
from tallygate.runtime.prediction import Prediction, PredictionMaker
from tallygate.runtime.stream import Rereading, RunningMaker, Stream, StreamBatch
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary
from tests.shared.make_streams import GOLDENS, IMAGE, TEXTS

ImageEngine: TypeAlias = "IntegerNumpyEngine | NativeEngine"
MAX_LENGTH = 40
MAKER = RunningMaker(PredictionMaker(["no", "yes"], [2.0, 3.0, 5.0], "numpy", "integer", "numpy"), MAX_LENGTH)
ENGINES = ["numpy", *(["native"] if library_is_there() else [])]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> ImageEngine:
    image = IMAGE.read_bytes()
    return IntegerNumpyEngine(image) if request.param == "numpy" else NativeEngine(image)


def expected(name: str) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads(GOLDENS.read_text("ascii"))[name]["steps"][-1]
    return answers


@pytest.mark.parametrize("name", TEXTS)
def test_the_running_answer_is_the_golden_one(engine: ImageEngine, name: str) -> None:
    stream = Stream(engine, MAKER)
    for piece in TEXTS[name]:
        stream.push(piece)
    answer, golden = stream.prediction, expected(name)
    logit = np.frombuffer(bytes.fromhex(golden["waiting"][0]), ">f8").astype(np.float32)
    assert answer.logits == tuple(logit.tolist())
    assert (answer.tokens, answer.beyond) == (golden["tokens"], golden["tokens"] > MAX_LENGTH)
    assert answer.score == max(answer.probabilities.values())


def test_beyond_begins_with_the_first_token_that_a_whole_text_would_lose(engine: ImageEngine) -> None:
    stream = Stream(engine, MAKER)
    stream.push("good " * MAX_LENGTH)
    assert (stream.prediction.tokens, stream.prediction.beyond) == (MAX_LENGTH, False)
    stream.push("x")
    assert (stream.prediction.tokens, stream.prediction.beyond) == (MAX_LENGTH + 1, True)
    assert (stream.settled.tokens, stream.settled.beyond) == (MAX_LENGTH, False)


def test_a_running_answer_is_divided_by_the_temperature_of_what_was_read(engine: ImageEngine) -> None:
    stream = Stream(engine, MAKER)
    for temperature in (2.0, 3.0, 5.0, 5.0):
        stream.push("good ")
        for answer in (stream.prediction, stream.settled):
            assert answer.probabilities["yes"] == pytest.approx(1 / (1 + np.exp(-answer.logits[0] / temperature)))


def test_a_word_that_may_go_on_is_in_the_prediction_and_not_in_the_settled_answer(engine: ImageEngine) -> None:
    stream = Stream(engine, MAKER)
    stream.push("good b")
    unfinished, settled = stream.prediction, stream.settled
    stream.push("ad")
    assert stream.settled == settled != unfinished
    assert stream.prediction not in (settled, unfinished)


def test_asking_changes_nothing(engine: ImageEngine) -> None:
    stream = Stream(engine, MAKER)
    stream.push("good <b")
    before = stream.state()
    assert stream.prediction == stream.prediction
    assert stream.state() == before


def test_a_stream_goes_on_elsewhere(engine: ImageEngine) -> None:
    first = Stream(engine, MAKER)
    first.push("good cafe")
    second = Stream(IntegerNumpyEngine(IMAGE.read_bytes()), MAKER).resume(first.state())
    for stream in (first, second):
        stream.push("\u0301 bad")
    assert second.prediction == first.prediction
    assert second.state() == first.state()


def test_bytes_are_read_as_strings_are(engine: ImageEngine) -> None:
    one, other = Stream(engine, MAKER), Stream(engine, MAKER)
    one.push("caf\u00e9 good")
    for byte in "caf\u00e9 good".encode():
        other.push(bytes([byte]))
    assert one.state() == other.state()


@pytest.mark.parametrize("piece", [None, 3, ["good"]])
def test_what_is_no_text_is_refused(engine: ImageEngine, piece: object) -> None:
    with pytest.raises(InputError, match="is of type"):
        Stream(engine, MAKER).push(piece)  # type: ignore[arg-type]


def test_half_a_surrogate_pair_separates(engine: ImageEngine) -> None:
    stream, other = Stream(engine, MAKER), Stream(engine, MAKER)
    stream.push("good\ud800bad")
    other.push("good\ufffdbad")
    assert stream.prediction == other.prediction
    assert stream.prediction.tokens == 2


def test_many_streams_answer_as_each_alone(engine: ImageEngine) -> None:
    batch = StreamBatch(engine, MAKER, len(TEXTS))
    names = list(TEXTS)
    for step in range(max(map(len, TEXTS.values()))):
        batch.push({place: TEXTS[name][step] for place, name in enumerate(names) if step < len(TEXTS[name])})
    for name, answer in zip(names, batch.predictions(), strict=True):
        stream = Stream(engine, MAKER)
        stream.push("".join(TEXTS[name]))
        assert answer == stream.prediction, name
    assert batch.predictions([2, 0]) == [batch.predictions()[2], batch.predictions()[0]]
    assert len(batch.settled()) == len(batch) == len(TEXTS)


def test_a_stream_of_many_is_saved_resumed_and_begun_anew(engine: ImageEngine) -> None:
    batch = StreamBatch(engine, MAKER, 3)
    empty = batch.state(1)
    batch.push({0: "good ", 1: "bad bad"})
    assert len(batch.state(0)) == batch.state_size
    batch.resume(2, batch.state(0))
    assert batch.predictions()[2] == batch.predictions()[0] != batch.predictions()[1]
    batch.clear(1)
    assert batch.state(1) == empty


@pytest.mark.parametrize("number", [-1, 3])
def test_a_stream_that_is_not_there_is_refused(engine: ImageEngine, number: int) -> None:
    batch = StreamBatch(engine, MAKER, 3)
    asks = [lambda: batch.push({number: "good"}), lambda: batch.predictions([number]), lambda: batch.state(number)]
    asks += [lambda: batch.resume(number, b""), lambda: batch.clear(number)]  # type: ignore[list-item]
    for ask in asks:
        with pytest.raises(UsageError, match="is not there"):
            ask()


def test_no_stream_at_all_is_refused(engine: ImageEngine) -> None:
    with pytest.raises(UsageError, match="are none"):
        StreamBatch(engine, MAKER, 0)


class FloatEngine:
    """An engine that knows ids only."""

    name, precision, provider = "onnxruntime", "fp32", "CPU"

    def run(self, ids: object, lengths: object) -> NoReturn:
        raise AssertionError


def test_an_engine_of_floats_cannot_stream_and_says_what_can() -> None:
    with pytest.raises(
        TallygateError, match=r'fp32 on onnxruntime: cannot .*; load the bundle with precision="integer"'
    ):
        Stream(FloatEngine(), MAKER)


def rereading(keep: str, seen: list[str]) -> Rereading:
    def predict(text: str) -> Prediction:
        seen.append(text)
        return MAKER.maker.make(np.zeros((1, 1), np.float32), [1])[0]

    contract = TextContract(max_length=4, keep=keep, version=2)  # type: ignore[arg-type]
    return Rereading(predict, Tokenizer(Vocabulary({}, 2), contract))


@pytest.mark.parametrize("keep", ["first", "last"])
def test_where_a_model_cannot_stream_the_text_so_far_is_read_anew_within_a_bound(keep: str) -> None:
    seen: list[str] = []
    reading = rereading(keep, seen)
    reading.push("a bc")
    answer = reading.prediction
    assert (answer.tokens, answer.beyond, seen) == (2, False, ["a bc"])
    reading.push("d e f g")
    answer = reading.prediction
    assert (answer.tokens, answer.beyond, seen[-1]) == (4, True, "a bcd e f g")
    for _ in range(100):
        reading.push("h" * 99 + " ")
    assert reading.prediction.beyond
    assert len(seen[-1]) == reading.limit
    assert seen[-1].startswith("a bcd" if keep == "first" else "h")
