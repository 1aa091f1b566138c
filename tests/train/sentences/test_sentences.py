"""Short sentences of our own writing: what is held out shares nothing with what is trained, and labels are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tallygate.runtime.text import Splitter
from tallygate.train.sentences import (
    COMMON,
    FAMILIES,
    Frame,
    Part,
    draw,
    frames_of,
    is_held_out,
    polar_words,
    suite_cases,
)
from tallygate.train.sentences.frames import KINDS
from tallygate.train.sentences.sampling import SHARES, TOPICS

PARTS: tuple[Part, ...] = ("trained", "held_out")
_NEGATORS = """
not no nobody none nothing never cannot can't won't wasn't isn't don't doesn't didn't hardly without
"""
NEGATORS = set(_NEGATORS.split())
SUITE = Path(__file__).parents[3] / "examples" / "suites" / "sentiment-frames.jsonl"


def lines_of(part: Part) -> list[tuple[Frame, ...]]:
    frames = [frame for frame in frames_of(part) if frame.kind != "neutral"]
    return list(zip(*[iter(frames)] * 3, strict=True))


def test_there_are_a_hundred_frames_and_a_third_is_held_out() -> None:
    counts = {part: sum(frame.kind == "operator" for frame in frames_of(part)) for part in PARTS}
    assert sum(counts.values()) >= 100
    assert 0.3 <= counts["held_out"] / sum(counts.values()) <= 0.4
    for part in PARTS:
        assert {frame.family for frame in frames_of(part)} == set(FAMILIES)
        patterns = [frame.pattern for frame in frames_of(part) if frame.kind == "operator"]
        assert len(patterns) == len(set(patterns))


def test_no_held_out_frame_has_the_operator_words_of_a_trained_one() -> None:
    trained, held_out = ({f.operators for f in frames_of(part) if f.kind in ("operator", "aside")} for part in PARTS)
    assert trained & held_out == set()
    assert () not in trained | held_out
    assert ("not",) in trained


@pytest.mark.parametrize("part", PARTS)
def test_each_frame_has_a_twin_without_a_negator_and_one_whose_negator_governs_something_else(part: Part) -> None:
    for line in lines_of(part):
        assert tuple(frame.kind for frame in line) == KINDS
        operator, twin, aside = (frame.pattern for frame in line)
        assert not NEGATORS & set(re.findall(r"[a-z']+", twin)), twin
        assert "{-}" not in twin + aside
        assert all("{+}" in pattern or "{-}" in pattern for pattern in (operator, twin, aside))
        assert len({frame.family for frame in line}) == 1


def test_words_are_held_out_by_themselves_and_never_drawn_for_training() -> None:
    trained, held_out = (COMMON.part(part) for part in PARTS)
    for label in (0, 1):
        assert sorted(trained.by_label[label] + held_out.by_label[label]) == sorted(COMMON.by_label[label])
        assert all(map(is_held_out, held_out.by_label[label]))
        assert len(held_out.by_label[label]) >= 3
    text = " ".join(sentence.text for sentence in draw(3000, "trained", trained, seed=0))
    words = set(re.findall(r"[a-z']+", text))
    assert {"good", "slow"} <= words
    # "fresh" and the like are drawn; what is held out is in no pattern either.
    assert not words & {word for words in held_out.by_label for word in words}


def test_sentences_are_drawn_by_the_seed_in_their_shares() -> None:
    sentences = draw(4000, "trained", COMMON.part("trained"), seed=3)
    assert sentences == draw(4000, "trained", COMMON.part("trained"), seed=3)
    assert sentences != draw(4000, "trained", COMMON.part("trained"), seed=4)
    for kind, share in SHARES.items():
        assert sum(s.frame.kind == kind for s in sentences) / 4000 == pytest.approx(share, abs=0.03)
    assert {s.label for s in sentences if s.frame.kind == "neutral"} == {None}
    labels = [s.label for s in sentences if s.label is not None]
    assert sum(labels) / len(labels) == pytest.approx(0.5, abs=0.03)
    assert not [s.text for s in sentences if re.search(r"[{}|]|\ba [aeiou]", s.text)]


def test_a_twin_has_words_of_its_label_alone() -> None:
    bad, good = (set(words) for words in COMMON.by_label)
    for sentence in draw(3000, "held_out", COMMON, seed=1):
        words = set(re.findall(r"[a-z']+", sentence.text))
        if sentence.frame.kind in ("twin", "aside"):
            assert words & (good if sentence.label else bad)
            assert not words & (bad if sentence.label else good), sentence.text


def test_two_topics_of_a_frame_are_different() -> None:
    both = [
        s.text for s in draw(3000, "trained", COMMON, seed=2) if "{U}" in s.frame.pattern and "{T}" in s.frame.pattern
    ]
    assert both
    assert all(len([t for t in TOPICS if re.search(rf"\b{t}\b", text)]) >= 2 for text in both)


def test_polar_words_are_found_in_labelled_texts() -> None:
    texts = ["it was very gripping indeed and long", "it was so tedious and long", "very long, and red"] * 80
    targets = [1, 0, 1] * 80
    for index in range(0, 240, 6):  # "long" and "red" stand with both labels
        targets[index + 2] = 0
    bad, good = polar_words(texts, targets, Splitter()).by_label
    assert "tedious" in bad
    assert "gripping" in good
    assert not {"long", "red", "indeed"} & {*bad, *good}
    assert {"slow", "bad"} <= set(bad)
    assert polar_words([], [], Splitter()) == COMMON


def test_what_the_labels_say_of_a_common_word_does_not_put_it_on_the_other_side() -> None:
    texts, targets = ["a very good idea"] * 80 + ["a plot"] * 80, [0] * 80 + [1] * 80
    bad, good = polar_words(texts, targets, Splitter()).by_label
    assert "good" in good
    assert "good" not in bad


def test_the_suite_in_the_repository_is_what_the_frames_give() -> None:
    assert [json.loads(line) for line in SUITE.read_text("utf-8").splitlines()] == suite_cases()
    trained, held_out = ({f.pattern for f in frames_of(part) if f.kind != "twin"} for part in PARTS)
    assert not trained & held_out
