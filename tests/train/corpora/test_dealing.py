"""How texts are dealt out to splits: equal texts together, each label in its share, by the seed alone."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.errors import UsageError
from tallygate.train.corpora import Split, load_corpus
from tallygate.train.corpora.splitting import deal, text_key
from tests.train.corpora.tables import reviews, rows_of, write_csv


def labelled(texts: list[str], labels: list[str]) -> Split:
    return Split(texts, labels, [str(place) for place in range(len(texts))])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdefghijklm"), st.sampled_from("xyz")), min_size=40), st.integers(0, 5))
def test_equal_texts_never_stand_in_two_splits(rows: list[tuple[str, str]], seed: int) -> None:
    texts = [f" {text.upper()}" if place % 2 else text for place, (text, _) in enumerate(rows)]
    if len(set(map(text_key, texts))) < 4:
        return
    dealt = deal(labelled(texts, [label for _, label in rows]), name="x", seed=seed, validation=None, test=None)
    keys = [set(map(text_key, split.texts)) for split in (dealt.train, dealt.validation, dealt.test)]
    assert sum(map(len, keys)) == len(set().union(*keys))
    assert sorted(row for split in (dealt.train, dealt.validation, dealt.test) for row in split.ids) == sorted(
        map(str, range(len(rows)))
    )


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_dealing_does_not_depend_on_the_order_of_the_rows(random: Random, seed: int) -> None:
    rows = [(f"text {i % 50}", "ab"[i % 2]) for i in range(80)]
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = (
        deal(labelled(*map(list, zip(*some, strict=True))), name="x", seed=seed, validation=None, test=None)
        for some in (rows, shuffled)
    )
    assert sorted(first.test.texts) == sorted(second.test.texts)
    assert sorted(first.validation.texts) == sorted(second.validation.texts)


def test_every_label_has_its_share_of_every_split() -> None:
    rows = labelled([f"text {i}" for i in range(1000)], ["rare" if i % 10 == 0 else "common" for i in range(1000)])
    dealt = deal(rows, name="x", seed=3, validation=200, test=None)
    assert dealt.test.label_counts() == {"common": 90, "rare": 10}
    assert dealt.validation.label_counts() == {"common": 180, "rare": 20}
    assert dealt.train.texts == [text for text in rows.texts if text in set(dealt.train.texts)]


def test_another_seed_deals_otherwise(tmp_path: Path) -> None:
    path = str(write_csv(tmp_path, reviews()))
    assert load_corpus(path, seed=1).test != load_corpus(path, seed=2).test
    assert rows_of(load_corpus(path, seed=1)) == rows_of(load_corpus(path, seed=1))


@pytest.mark.parametrize(("validation", "expected"), [(None, 6), (7, 7), (0, 0), (0.2, 12)])
def test_size_of_the_validation_split(validation: float | None, expected: int, tmp_path: Path) -> None:
    assert len(load_corpus(str(write_csv(tmp_path, reviews())), validation=validation).validation) == expected


@pytest.mark.parametrize("validation", [-1, 31, 1.0, -0.1])
def test_impossible_sizes_of_the_validation_split(validation: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--validation"):
        load_corpus(str(write_csv(tmp_path, reviews())), validation=validation)
