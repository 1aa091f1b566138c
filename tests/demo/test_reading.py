"""One text: the answer after each word, cut and unknown words, and nothing of it becomes a part of the page."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.demo import running as running_module
from tallygate.demo.copies import Copies
from tallygate.demo.reading import NO_WORD, read, words_in, words_of
from tallygate.demo.running import beginnings_asked, running
from tallygate.demo.show.reading import show_reading
from tallygate.demo.show.tones import TONES, tones_in
from tallygate.demo.templating import render
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.engines.integer import IntegerNumpyEngine, NativeEngine
from tallygate.runtime.errors import InputError
from tallygate.runtime.stream import Stream
from tests.native.conftest import make_image
from tests.native.test_tokenizer import TEXTS, tokenizer
from tests.runtime.conftest import ToyBundle
from tests.runtime.stream.test_stream import ENGINES, MAKER
from tests.shared.make_streams import IMAGE


def test_the_running_answers_are_those_to_the_beginnings(copies: Copies) -> None:
    classifier, words = copies.load(copies.first), ["not", "very", "bad", "plot", "good", "film"]
    reading = read(" ".join(words), classifier)
    for count in range(1, len(words) + 1):
        expected = classifier.predict(" ".join(words[:count])).probabilities
        np.testing.assert_allclose(reading.running[count - 1], list(expected.values()), atol=1e-5)
    assert reading.moves.sum() == pytest.approx(reading.running[-1, 1] - 0.5)


def test_a_text_with_more_words_than_steps_ends_where_it_should(
    copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_module, "BEGINNINGS", 3)
    reading = read("good bad film plot not very good", copies.load(copies.first))
    assert reading.running.shape == (7, 2)
    assert "3 of 7 beginnings were read anew, and between them the curve is straight" in reading.anew
    assert reading.running[-1, 1] == pytest.approx(reading.prediction.probabilities["good"], abs=1e-5)


def test_beginnings_that_are_read_anew_are_bounded() -> None:
    for words in (1, 2, 400, 447, 5_000, 1_000_000):
        lengths = beginnings_asked(words)
        assert lengths == sorted(set(lengths))
        assert (lengths[0], lengths[-1]) == (1, words)
        assert sum(lengths) <= 1.5 * running_module.STEPS + words
        assert len(lengths) <= running_module.BEGINNINGS
    assert len(beginnings_asked(400)) == 400


def as_classifier(engine: IntegerNumpyEngine | NativeEngine, path: str = "toy.zip") -> Classifier:
    """What running answers ask of one."""
    manifest = open_bundle().manifest
    return cast(
        "Classifier",
        SimpleNamespace(
            stream=lambda: Stream(engine, MAKER),
            logits=lambda rows: np.zeros((len(rows), 1), np.float32),
            bundle=SimpleNamespace(path=path, manifest=manifest),
        ),
    )


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_a_stream_gives_the_answers_to_the_beginnings(name: str, text: str) -> None:
    engine = image_engine(name)
    words, ids = tokenizer().tokens(text), tokenizer().encode(text)
    found = running(words, ids, as_classifier(engine))
    beginnings = [np.array([ids[: count + 1]]) for count in range(len(ids))]
    logits = np.concatenate(
        [IntegerNumpyEngine.exact_logits(image_engine("numpy"), b, np.array([b.size])) for b in beginnings]
    )  # type: ignore[arg-type]
    expected = MAKER.make(logits, np.arange(1, len(ids) + 1))
    assert found.answers.tolist() == [list(answer.probabilities.values()) for answer in expected]
    assert found.anew == ""


@cache
def image_engine(name: str) -> IntegerNumpyEngine | NativeEngine:
    image = IMAGE.read_bytes()
    return IntegerNumpyEngine(image) if name == "numpy" else NativeEngine(image)


def test_why_a_text_cannot_be_read_as_it_comes_is_said() -> None:
    """Without where the bundle lies, which is no visitor's business."""
    both = as_classifier(IntegerNumpyEngine(make_image(directions=2)))
    assert running(["good"], [2], both).anew == (
        "This model reads texts from both ends, so it cannot read one as it comes: each beginning was read anew"
    )
    error = InputError("/home/somebody/toy.zip", "reads texts otherwise", "train again")
    named = SimpleNamespace(**vars(as_classifier(image_engine("numpy"), "/home/somebody/toy.zip")))
    named.stream = Mock(side_effect=error)
    assert running(["good"], [2], named).anew == "This model reads texts otherwise: each beginning was read anew"


@pytest.mark.parametrize("keep", ["first", "last"])
def test_cut_words_are_those_beyond_the_longest_text(tmp_path: Path, keep: str) -> None:
    toy = ToyBundle()
    toy.manifest["text"]["keep"] = keep  # type: ignore[index]
    tokenizer = open_bundle(toy.write_directory(tmp_path / "toy")).tokenizer()
    words = [f"w{i}" for i in range(20)]
    found = words_of(" ".join(words), tokenizer)
    assert found.kept == (words[:8] if keep == "first" else words[-8:])
    assert found.cut == (words[8:] if keep == "first" else words[:-8])
    assert words_of("", tokenizer).kept == [NO_WORD]


def test_three_labels_get_a_line_each(tmp_path: Path) -> None:
    copies = Copies(open_bundle(ToyBundle(["a", "b", "c"]).write_directory(tmp_path / "toy")))
    reading = read("very good film", copies.load(copies.first))
    assert reading.running.shape == (3, 3)
    html = show_reading(reading)
    assert html.count("tone-line-") == 3
    assert f'data-testid="label">{reading.prediction.label}<' in html


class Tags(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.found.update(name for name, _ in attrs if name.startswith("on"))


@given(st.text(max_size=200))
def test_no_text_becomes_a_part_of_the_page(text: str) -> None:
    html = render("message.html", kind="plain", text=f"<script onload=x>{text}<b>")
    assert Tags(html).found == {"div"}
    assert not re.search(r"[${}`]", html)


def test_punctuation_is_not_counted_as_words(copies: Copies) -> None:
    assert words_in(["good", ",", "7", "...", "it's", "é", "中", "'", NO_WORD]) == 5
    assert words_in([]) == 0
    html = show_reading(read("very good film", copies.load(copies.first)))
    assert "<span>3 words read</span>" in html


def test_marks_that_are_read_are_told_beside_the_words(tmp_path: Path) -> None:
    toy = ToyBundle()
    toy.manifest["text"]["punctuation"] = "!,."  # type: ignore[index]
    toy.match_hashes()
    classifier = Copies(open_bundle(toy.write_directory(tmp_path / "toy")))
    html = show_reading(read("good, film!", classifier.load(classifier.first)))
    assert "<span>2 words and 2 marks read</span>" in html
    assert "unknown word</span> 0 of" not in html
    html = show_reading(read("zorbly!", classifier.load(classifier.first)))
    assert "<span>1 word and 1 mark read</span>" in html
    assert "unknown word</span> 1 of 1" in html


def test_labels_side_by_side_never_share_a_colour() -> None:
    assert tones_in([2, 0, 1]) == {0: 0, 1: 1, 2: 2}
    order = [11, 3, 0, *range(4, 11), 1, 2]
    tones = tones_in(order)
    assert [tones[index] for index in order[:TONES]] == list(range(TONES))
    assert {tones[index] for index in order[TONES:]} == {"against"}


def test_an_answer_below_the_threshold_is_unsure_and_says_where_it_leans(copies: Copies) -> None:
    reading = read("good film", copies.load(copies.first))
    score, label = reading.prediction.score, reading.prediction.likeliest
    sure, unsure = show_reading(reading, "", score), show_reading(reading, "", score + 1e-6)
    assert f'data-testid="label">{label}<' in sure
    assert f"{100 * score:.1f}% sure" in sure
    assert 'data-testid="label">unsure<' in unsure
    assert f"rather {label}, {100 * score:.1f}%" in unsure
    assert "% sure" not in unsure
