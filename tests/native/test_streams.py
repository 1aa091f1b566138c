"""Streams in numpy and in C: every cut of a text gives the whole's bits; states move between both and all kernels."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines import Streams
from tallygate.runtime.engines.integer import IntegerNumpyEngine, NativeEngine
from tallygate.runtime.errors import InputError
from tallygate.runtime.text import utf8_of
from tests.native.conftest import MAX_LENGTH, kernels, make_image, vocabulary
from tests.native.test_tokenizer import PIECES, TEXTS
from tests.shared.make_streams import GOLDENS, IMAGE, goldens

pytest.importorskip("tallygate_native", reason="needs the C core: make setup")

SHAPES = {
    "mean": {},
    "mean of relu, a dense tail": {"hidden": 36, "activation": "relu"},
    "mean with a floor": {"pooling_floor": 9},
    "max, two layers": {"hidden": 33, "layers": 2, "pooling": "max"},
    "last, three outputs": {"hidden": 100, "pooling": "last", "outputs": 3},
    "mean through tanh, three layers": {"hidden": 20, "layers": 3, "activation": "tanh"},
}
WORDS = [f"{word} " for word in sorted(vocabulary().rows)]
SEVERAL = st.lists(st.sampled_from(PIECES + WORDS), max_size=30).map("".join)


@cache
def engine(name: str, shape: str = "mean") -> IntegerNumpyEngine | NativeEngine:
    image = make_image(**SHAPES[shape])
    return IntegerNumpyEngine(image) if name == "numpy" else NativeEngine(image, name)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(bounds)]


def whole(text: str, shape: str) -> tuple[bytes, int]:
    logits, tokens = engine("scalar", shape).run_texts([text])  # type: ignore[union-attr]
    return logits[0].tobytes(), int(tokens[0])


def read(streams: Streams, pieces: list[bytes], number: int = 0) -> tuple[bytes, int]:
    streams.clear(number)
    for piece in pieces:
        streams.push([number], [piece])
    logits, tokens = streams.logits([number], True)
    return logits[0].tobytes(), int(tokens[0])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["numpy", *kernels()])
@settings(max_examples=60, deadline=None)
@given(text=SEVERAL | TEXTS, places=st.lists(st.integers(0, 10_000), max_size=12))
def test_every_cut_gives_what_the_whole_gives(name: str, shape: str, text: str, places: list[int]) -> None:
    expected, tokens = whole(text, shape)
    answer, count = read(engine(name, shape).streams(1), cut(utf8_of(text), places))
    assert min(count, MAX_LENGTH) == tokens
    if count <= MAX_LENGTH:
        assert answer == expected


@pytest.mark.parametrize("name", ["numpy", *kernels()])
@pytest.mark.parametrize("text", ["Cafe\u0301s<BR />don\u2019t s\u0323\u0307! <b \u1100\u1161\u11a8=\u0338 x''y good'"])
def test_every_single_cut_of_one_text(name: str, text: str) -> None:
    expected, data = whole(text, "mean"), text.encode("utf-8")
    streams = engine(name).streams(1)
    for place in range(len(data) + 1):
        assert read(streams, [data[:place], data[place:]]) == expected, place
    assert read(streams, [data[at : at + 1] for at in range(len(data))]) == expected


@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_each_running_answer_is_that_of_the_text_so_far(name: str) -> None:
    """And the settled one that of the words that have ended."""
    streams, text = engine(name).streams(1), "good, bad don't <br/> cafe\u0301 ax."
    for end in range(len(text)):
        streams.push([0], [text[end].encode("utf-8")])
        assert streams.logits([0], True)[0][0].tobytes() == whole(text[: end + 1], "mean")[0]
        if text[end] == " ":
            assert streams.logits([0], False)[0][0].tobytes() == whole(text[: end + 1], "mean")[0]


@pytest.mark.parametrize("name", kernels())
@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(SEVERAL, min_size=1, max_size=100), seed=st.integers(0, 2**32 - 1))
def test_streams_do_not_meet(name: str, shape: str, texts: list[str], seed: int) -> None:
    """Many streams through the slots at once, each by pieces of its own, some of which pause."""
    rng, streams = np.random.default_rng(seed), engine(name, shape).streams(len(texts))
    rests = [utf8_of(text) for text in texts]
    while any(rests):
        moving = [number for number, rest in enumerate(rests) if rest and rng.random() < 0.8]
        sizes = rng.integers(1, 40, len(moving))
        streams.push(moving, [rests[number][:size] for number, size in zip(moving, sizes, strict=True)])
        for number, size in zip(moving, sizes, strict=True):
            rests[number] = rests[number][size:]
    logits, tokens = streams.logits(range(len(texts)), True)
    for text, answer, count in zip(texts, logits, tokens, strict=True):
        if count <= MAX_LENGTH:
            assert answer.tobytes() == whole(text, shape)[0]


@pytest.mark.parametrize("name", kernels())
@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25, deadline=None)
@given(text=SEVERAL | TEXTS, places=st.lists(st.integers(0, 10_000), max_size=8))
def test_a_state_saved_here_and_resumed_there_gives_the_same_bits(
    name: str, shape: str, text: str, places: list[int]
) -> None:
    ours, theirs = engine("numpy", shape).streams(1), engine(name, shape).streams(1)
    for piece in cut(utf8_of(text), places):
        ours.push([0], [piece])
        theirs.push([0], [piece])
        saved = theirs.state(0)
        assert saved == ours.state(0)
        assert len(saved) == ours.state_size == theirs.state_size
        ours, theirs = engine("numpy", shape).streams(1), engine(name, shape).streams(1)
        ours.resume(0, saved)
        theirs.resume(0, saved)
    assert ours.logits([0], True)[0].tobytes() == theirs.logits([0], True)[0].tobytes()


@pytest.mark.parametrize("name", ["numpy", *kernels()])
@settings(max_examples=40, deadline=None)
@given(text=TEXTS, places=st.lists(st.integers(0, 10_000), max_size=8))
def test_a_state_depends_on_the_text_alone(name: str, text: str, places: list[int]) -> None:
    streams, data = engine(name).streams(2), utf8_of(text)
    read(streams, [data], 0)
    read(streams, cut(data, places), 1)
    assert streams.state(0) == streams.state(1)


@pytest.mark.parametrize("name", ["numpy", *kernels()])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("keep", ["first", "last"])
def test_beyond_the_longest_text_it_gives_what_the_uncut_text_would(name: str, shape: str, keep: str) -> None:
    """Whichever end a bundle keeps. Ids one after the other through the specification, whose length has no limit."""
    image = make_image(keep=keep, **SHAPES[shape])
    one = IntegerNumpyEngine(image)
    text = "good bad caf\u00e9 ax! don't by, " * 40
    ids = np.array([NativeEngine(image, "scalar").encode("good bad caf\u00e9 ax! don't by,") * 40])
    expected = one.exact_logits(ids, np.array([ids.shape[1]]))[0]
    own = one if name == "numpy" else NativeEngine(image, name)
    assert read(own.streams(1), cut(text.encode("utf-8"), [3, 500, 501])) == (expected.tobytes(), ids.shape[1])


@pytest.mark.parametrize("name", kernels())
def test_a_long_piece_goes_through_many_windows(name: str) -> None:
    """More ids than a stream has in one window, in more streams than a window has."""
    words = " ".join(np.random.default_rng(1).choice(WORDS, 3000))
    streams, specified = engine(name).streams(1100), engine("numpy").streams(1)
    specified.push([0], [words.encode("utf-8")])
    pieces = [words.encode("utf-8") if number % 500 == 7 else b"good " for number in range(1100)]
    streams.push(range(1100), pieces)
    assert streams.state(507) == streams.state(7) == specified.state(0)
    assert streams.state(1099) == streams.state(0) != streams.state(7)
    logits, _ = streams.logits(range(1100), True)
    assert logits[507].tobytes() == specified.logits([0], True)[0].tobytes()


@pytest.mark.parametrize("name", ["numpy", *kernels()])
@pytest.mark.parametrize("bad", [b"\xff", b"good \xc0\x80", b"\xed\xa0\x80", b"\xf4\x90", b"\xe0\x80", b"a\x80"])
def test_bytes_that_are_no_text_are_refused_and_nothing_is_read(name: str, bad: bytes) -> None:
    streams = engine(name).streams(2)
    streams.push([0, 1], [b"good \xc3", b"bad"])
    before = streams.state(0), streams.state(1)
    for pieces in ([b"\xa9", bad], [b"\xa9 " + bad, b""], [b"x", b"good"]):
        with pytest.raises(InputError, match="is not valid UTF-8"):
            streams.push([0, 1], pieces)
        assert (streams.state(0), streams.state(1)) == before
    streams.push([0], [b"\xa9"])
    assert streams.logits([0], True)[0].tobytes() == whole("good \u00e9", "mean")[0]


@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_one_stream_twice_in_a_push_is_refused(name: str) -> None:
    streams = engine(name).streams(2)
    with pytest.raises(InputError, match="hold one stream twice"):
        streams.push([1, 1], [b"good ", b"bad "])
    with pytest.raises(InputError, match="give one piece per stream"):
        streams.push([0, 1], [b"good "])


@pytest.mark.parametrize("name", ["numpy", "scalar"])
def test_a_model_that_reads_from_both_ends_cannot_stream(name: str) -> None:
    image = make_image(directions=2)
    own = IntegerNumpyEngine(image) if name == "numpy" else NativeEngine(image, name)
    with pytest.raises(InputError, match="reads texts from both ends"):
        own.streams(1)


@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_streams_are_equal_to_the_last_bit(name: str) -> None:
    image = IMAGE.read_bytes()
    own = IntegerNumpyEngine(image) if name == "numpy" else NativeEngine(image, name)
    assert goldens(own.streams(1)) == json.loads(GOLDENS.read_text("ascii"))


@pytest.mark.parametrize("name", ["numpy", *kernels()])
def test_a_model_with_ngrams_refuses_a_stream_in_the_same_line(name: str) -> None:
    image = make_image(longest=2)
    with pytest.raises(InputError, match=r"^this model: has n-grams, of which a stream does not remember which it has"):
        (IntegerNumpyEngine(image) if name == "numpy" else NativeEngine(image, name)).streams(1)
