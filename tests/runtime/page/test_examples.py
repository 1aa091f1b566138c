"""The golden texts that a page offers to try."""

from __future__ import annotations

import numpy as np

from tallygate.runtime.page.examples import MOST, examples_among

GOOD = "A fine and quiet evening by the river."
BAD = "The soup was cold and nobody came to help."
ODD = [
    "",
    "x" * 60,
    "waste waste waste waste waste waste waste.",
    "1234 5678 9012 3456 7890 1234.",
    "a line\nbreak in the text.",
    GOOD[:20],
]


def test_only_what_people_could_have_written() -> None:
    texts = [*ODD, GOOD, BAD]
    logits = np.linspace(-1, 1, len(texts))[:, None]
    assert [example["text"] for example in examples_among(texts, logits)] == [BAD, GOOD]


def test_labels_take_turns_the_surest_first() -> None:
    texts = [f"This is the plain sentence number {word}." for word in ("one", "two", "three", "four", "five")]
    examples = examples_among(texts, np.array([[1.0], [3.0], [2.0], [-0.5], [-4.0]]))
    assert [example["text"].split()[-1] for example in examples] == ["five.", "two.", "four.", "three.", "one."]
    assert examples[0]["title"] == "This is the plain \u2026"


def test_many_labels() -> None:
    texts = [f"This is the plain sentence number {chr(97 + i) * 3}." for i in range(20)]
    logits = np.eye(20)
    assert len(examples_among(texts, logits)) == MOST


def test_none_where_no_golden_can_be_read() -> None:
    assert examples_among(ODD, np.zeros((len(ODD), 1))) == []
