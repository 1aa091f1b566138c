"""n-grams are found exactly, each text's own and once each, and no number of theirs can overflow."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.ngrams import (
    HASHES,
    MAX_FACTOR,
    MAX_IDS,
    MAX_SLOTS,
    NgramShape,
    NgramTables,
    as_bytes,
    as_numbers,
    columns_of,
    hashes,
    longest_text,
    slots_of,
)
from tests.ngrams import ngram_columns, tables_of, torch_part

WORDS = 12
TEXTS = st.lists(st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=9), min_size=1, max_size=6)


def padded(texts: list[list[int]], time: int, junk: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids, with ``junk`` behind each text's end, and lengths."""
    ids = np.full((len(texts), time), junk)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return ids, np.array(list(map(len, texts)))


def present(text: list[int], longest: int) -> set[tuple[int, ...]]:
    """Words and n-grams of a text, found by looking."""
    whole = [0, *text, 0]
    found: set[tuple[int, ...]] = {(word,) for word in text} | set(pairwise(whole))
    return found | (set(zip(whole, whole[1:], whole[2:], strict=False)) if longest == 3 else set())


@settings(deadline=None, max_examples=60)
@given(TEXTS, st.sampled_from([2, 3]), st.integers(0, 3), st.integers(0, WORDS - 1), st.integers(0, 99))
def test_sums_are_those_of_a_dictionary(texts: list[list[int]], longest: int, room: int, junk: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    every = sorted(set().union(*(present(text, longest) for text in texts)))
    known = [ngram for ngram in every if len(ngram) > 1 and rng.random() < 0.7]
    codes = {ngram: rng.integers(-127, 128, 3) for ngram in [*known, *((word,) for word in range(1, WORDS))]}
    tables = tables_of(codes, WORDS, longest)
    ids, lengths = padded(texts, max(map(len, texts)) + room, junk)
    nothing = np.zeros(3, np.int64)
    expected = [sum((codes.get(n, nothing) for n in present(text, longest)), nothing) for text in texts]
    np.testing.assert_array_equal(tables.sums(ids, lengths), expected)
    found = torch_part(tables)(torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
    np.testing.assert_array_equal(found, tables.logits(ids, lengths))


def test_a_word_that_stands_again_counts_once() -> None:
    tables = tables_of({(5,): np.array([3]), (5, 5): np.array([20])}, WORDS, 2)
    ids = np.array([[5, 0, 0, 0], [5, 5, 0, 0], [5, 5, 5, 5]])
    assert tables.sums(ids, np.array([1, 2, 4])).ravel().tolist() == [3, 23, 23]


@pytest.mark.parametrize("longest", [2, 3])
def test_the_largest_numbers_do_not_overflow(longest: int) -> None:
    """As Python's integers have it, which have no end: the largest ids, factors, tables and displacements."""
    largest = MAX_IDS - 1
    factors = tuple((MAX_FACTOR - 2 * row,) + (MAX_FACTOR,) * (longest - 1) for row in range(HASHES))
    shape = NgramShape(longest, MAX_SLOTS, MAX_SLOTS, factors)
    columns = columns_of(np.array([[largest, largest, largest]]), np.array([3]), longest, MAX_IDS)
    assert columns.max() == (MAX_IDS if longest == 3 else largest) < 2**19
    found = hashes(columns, shape)
    displacements = np.full(MAX_SLOTS, 65_535)
    slots = slots_of(found, displacements, shape)
    for place in range(columns.shape[2]):
        sums = [sum(f * int(c) for f, c in zip(row, columns[:, 0, place], strict=True)) for row in factors]
        assert max(sums) < 2**63
        wanted = [total % 2**42 // 2**18 for total in sums]
        assert found[:, 0, place].tolist() == wanted
        assert slots[0, place] == (wanted[1] + 65_535 * wanted[2]) % 2**24 * MAX_SLOTS // 2**24


@pytest.mark.parametrize("longest", [2, 3])
def test_sums_are_exact_in_float32_up_to_the_longest_text(longest: int) -> None:
    most = longest_text(longest)
    assert 127 * longest * (most + 1) < 2**24 <= 127 * longest * (most + 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"longest": 4}, "longest must be 2 or 3"),
        ({"slots": 0}, "slots must be from 1"),
        ({"slots": MAX_SLOTS + 1}, "slots must be from 1"),
        ({"buckets": 2**40}, "buckets must be from 1"),
        ({"factors": ((1, 1), (1, 1))}, "factors must be 3 times longest"),
        ({"factors": ((1, 1), (1, 1), (1, 1, 1))}, "factors must be 3 times longest"),
        ({"factors": ((1, 1), (1, 1), (1, 2))}, "factors must be odd"),
        ({"factors": ((1, 1), (1, 1), (1, MAX_FACTOR + 2))}, "factors must be odd"),
        ({"factors": ((1, 1), (1, 1), (1, -1))}, "factors must be odd"),
    ],
)
def test_a_shape_beyond_its_bounds_is_refused(change: dict[str, object], words: str) -> None:
    sound = {"longest": 2, "slots": 5, "buckets": 2, "factors": ((1, 3), (5, 7), (9, 11))}
    msgspec.convert(sound, NgramShape)
    with pytest.raises(ValueError, match=words):
        msgspec.convert(sound | change, NgramShape)


def test_numbers_come_back_from_their_bytes() -> None:
    numbers = np.array([0, 1, 255, 256, 65_535])
    assert as_bytes(numbers).tolist()[2:4] == [[0, 255], [1, 0]]
    np.testing.assert_array_equal(as_numbers(as_bytes(numbers)), numbers)


def test_what_is_unknown_is_taken_for_known_as_rarely_as_is_said() -> None:
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(1, 5000, (2, 40_000)), axis=1)
    columns = pairs[:, rng.permutation(pairs.shape[1])]
    tables: NgramTables = tables_of({}, 5000, 2, columns[:, :20_000])
    others = columns[:, 20_000:]
    rows = tables.rows(others.T.copy(), np.full(others.shape[1], 2))
    assert (rows >= 5000).sum() <= 5  # 3 pairs each, 60,000 in all, of which 1 in 72,000
    kept = tables.rows(columns[:, :2000].T.copy(), np.full(2000, 2))
    assert ((kept >= 5000).sum(axis=1) >= 1).all()
    assert ngram_columns([(1, 2)], 3, 9).tolist() == [[1], [2], [9]]
