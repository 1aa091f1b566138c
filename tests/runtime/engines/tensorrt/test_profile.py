"""Profiles, and batches cut to fit them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallygate.runtime.engines.tensorrt.batches import pieces_of
from tallygate.runtime.engines.tensorrt.log import PlanError, plain
from tallygate.runtime.engines.tensorrt.profile import Profile, Range, profile_from_lengths, profile_from_text
from tallygate.runtime.errors import UsageError


def test_a_profile_is_read_as_it_is_written() -> None:
    profile = profile_from_text("1:16:64,2:200:400")
    assert profile == Profile(Range(1, 16, 64), Range(2, 200, 400))
    assert profile_from_text(str(profile)) == profile


@pytest.mark.parametrize(
    "text", ["", "1:16:64", "1:16,2:200:400", "a:b:c,1:2:3", "1:2:3:4,1:2:3", "1:2:3,1:2:3,1:2:3", "2:1:3,1:2:3",
             "0:1:2,1:2:3", "1:2:3,1:9:8", "-1:2:3,1:2:3", "1:1:70000,1:1:400"],
)  # fmt: skip
def test_an_impossible_profile_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="profile"):
        profile_from_text(text)


def test_kernels_are_chosen_for_the_median_and_the_longest_text_fits() -> None:
    profile = profile_from_lengths([1, 5, 7, 30, 400], 400)
    assert profile.time == Range(1, 7, 400)
    assert profile_from_lengths([], 400).time == Range(1, 200, 400)
    assert profile_from_lengths([900, 900], 400).time.opt == 400
    assert profile_from_lengths([], 1).time == Range(1, 1, 1)


@given(
    rows=st.integers(0, 9),
    columns=st.integers(1, 9),
    batch=st.tuples(st.integers(1, 3), st.integers(0, 4)),
    time=st.tuples(st.integers(1, 6), st.integers(0, 5)),
    seed=st.integers(0, 99),
)
def test_pieces_are_all_rows_in_shapes_that_the_profile_accepts(
    rows: int, columns: int, batch: tuple[int, int], time: tuple[int, int], seed: int
) -> None:
    profile = Profile(Range(batch[0], batch[0], sum(batch)), Range(time[0], time[0], sum(time)))
    random = np.random.default_rng(seed)
    longest = min(columns, profile.time.max)
    ids, lengths = random.integers(2, 9, (rows, columns)), random.integers(1, longest + 1, rows)
    found = []
    for piece in pieces_of(ids, lengths, profile):
        assert profile.batch.min <= piece.ids.shape[0] <= profile.batch.max
        assert profile.time.min <= piece.ids.shape[1] <= profile.time.max
        assert piece.ids.flags.c_contiguous
        assert piece.ids.dtype == piece.lengths.dtype == np.int64
        assert len(piece.lengths) == len(piece.ids)
        assert piece.lengths.min() >= 1
        found += [row[:length].tolist() for row, length in zip(piece.ids, piece.lengths, strict=True)][: piece.count]
    assert found == [row[:length].tolist() for row, length in zip(ids, lengths, strict=True)]


def test_a_row_that_is_longer_than_the_profile_is_refused_and_not_cut() -> None:
    profile = Profile(Range(1, 1, 4), Range(1, 2, 3))
    with pytest.raises(PlanError, match="takes 3 ids a row, and a row has 4"):
        list(pieces_of(np.ones((1, 5), np.int64), np.array([4]), profile))


def test_what_tensorrt_says_is_made_plain() -> None:
    said = (
        "IBuilder::buildSerializedNetwork: Error Code 1: Myelin ([pass.cpp:1500: run_passes] Cannot compile for "
        "target(s) sm75, because the model contains HW-specific datatypes: b16. In compileGraph at "
        "/_src/optimizer/myelin/codeGenerator.cpp:2012)"
    )
    assert plain(said) == "Cannot compile for target(s) sm75, because the model contains HW-specific datatypes: b16"
    assert plain("a line\nthat breaks") == "a line that breaks"
