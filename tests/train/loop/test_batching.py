"""Batches: every row once, little padding, the same for the same seed and epoch."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallygate.train.loop.batching import WINDOW, EncodedSplit, shuffled_batches, sorted_batches, tensors_of


def split_of(lengths: list[int]) -> EncodedSplit:
    rows = [[2 + index % 7] * length for index, length in enumerate(lengths)]
    return EncodedSplit(rows, np.arange(len(rows), dtype=np.int64) % 2)


def flat(batches: list[np.ndarray]) -> list[int]:
    return [int(index) for batch in batches for index in batch]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=300), st.integers(1, 9), st.integers(0, 3), st.integers(1, 5))
def test_every_row_once_in_batches_of_the_size(lengths: list[int], size: int, seed: int, epoch: int) -> None:
    for batches in (shuffled_batches(split_of(lengths), size, seed, epoch), sorted_batches(split_of(lengths), size)):
        assert sorted(flat(batches)) == list(range(len(lengths)))
        assert len(batches) == -(-len(lengths) // size)
        assert all(len(batch) <= size for batch in batches)


def test_seed_and_epoch_decide() -> None:
    split = split_of([1 + index % 40 for index in range(500)])
    first = flat(shuffled_batches(split, 8, 0, 1))
    assert flat(shuffled_batches(split, 8, 0, 1)) == first
    assert flat(shuffled_batches(split, 8, 0, 2)) != first
    assert flat(shuffled_batches(split, 8, 1, 1)) != first


def test_little_is_padding_and_lengths_come_in_no_order() -> None:
    lengths = np.random.default_rng(0).integers(1, 600, 4000).tolist()
    batches = shuffled_batches(split_of(lengths), 32, 0, 1)
    longest = [max(lengths[index] for index in batch) for batch in batches]
    padded = sum(length * len(batch) for length, batch in zip(longest, batches, strict=True))
    assert padded < 1.1 * sum(lengths)
    assert abs(np.corrcoef(longest[:WINDOW], range(WINDOW))[0, 1]) < 0.5


def test_windows_mix_rows_anew_in_every_epoch() -> None:
    split = split_of([5] * 400)
    first, second = ({frozenset(batch.tolist()) for batch in shuffled_batches(split, 8, 0, epoch)} for epoch in (1, 2))
    assert not first & second


def test_tensors_are_padded_to_the_longest_row_or_to_a_given_time() -> None:
    split = split_of([2, 5, 3])
    batch = tensors_of(split, np.array([0, 2]))
    assert batch.ids.tolist() == [[2, 2, 0], [4, 4, 4]]
    assert batch.lengths.tolist() == [2, 3]
    assert batch.targets.tolist() == [0, 0]
    assert tensors_of(split, np.array([0, 2]), time=9).ids.shape == (2, 9)
