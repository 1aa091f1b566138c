"""The vocabulary and its file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.text.tokenizer import split_words
from tallygate.runtime.text.vocabulary import Vocabulary

WORDS = st.text(min_size=1).map(split_words).filter(bool).map(lambda words: words[0])


@given(st.dictionaries(WORDS, st.integers(2, 9)))
def test_file_round_trip(rows: dict[str, int]) -> None:
    vocabulary = Vocabulary(rows, 10)
    assert Vocabulary.from_bytes(vocabulary.to_bytes(), 10, "vocabulary.txt").rows == rows


def test_file_is_sorted_by_row_and_several_words_may_share_one() -> None:
    assert Vocabulary({"bad": 3, "poor": 3, "good": 2}, 4).to_bytes() == b"good\t2\nbad\t3\npoor\t3\n"


@pytest.mark.parametrize("row", [0, 1, 4, -1])
def test_refuses_a_row_outside_the_embedding(row: int) -> None:
    with pytest.raises(ValueError, match="outside 2 to 3"):
        Vocabulary({"good": row}, 4)


@pytest.mark.parametrize(
    "data",
    [
        *(b"good\n", b"good\t2\textra\n", b"good\tx\n", b"good\t2\ngood\t3\n", b"\xff\t2\n", b"good\t99\n"),
        *(b"good\t2", b"good\t2\nbad", b"\n", b"good\t2\n\n", b"2\t3\t3\ngood\n", b"good\t2\r\tbad\n"),
        *(b"good\t+2\n", b"good\t2_0\n", b"good\t 2\n", b"good\t2\r\n", "good\t\u0662\n".encode(), b"good\t\n"),
    ],
)
def test_refuses_a_broken_file_in_one_line(data: bytes) -> None:
    with pytest.raises(BundleInvalidError, match="here: is not a vocabulary") as caught:
        Vocabulary.from_bytes(data, 40, "here")
    assert "\n" not in str(caught.value)
