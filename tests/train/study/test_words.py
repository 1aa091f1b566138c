"""Word order and word vectors: what shuffling changes, analogies, and the axis between labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from gensim.models import KeyedVectors

from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.study import analogies, embeddings, word_order
from tallygate.train.study.analogies import answered
from tallygate.train.study.axis_picture import draw_axes
from tallygate.train.study.context import StudyContext, study_context
from tallygate.train.study.embeddings import VECTOR_KINDS, Embeddings
from tallygate.train.study.label_axis import label_axis
from tallygate.train.study.word_order import READERS, WordOrder, shuffled_words

SMALL = ["a", "good", "film", ".", "a", "bad", "film"]


@pytest.fixture(scope="module")
def context() -> StudyContext:
    return study_context(mini_corpus(train=300, validation=60, test=20), quick=True)


def three_labels() -> Corpus:
    words = {"food": "soup bread cheese", "sport": "ball goal match", "war": "tank army gun"}
    texts = [(f"the {word} and a {word} {other}", label) for label, row in words.items() for word in row.split()
             for other in row.split()] * 4  # fmt: skip
    split = Split([text for text, _ in texts], [label for _, label in texts], [str(i) for i in range(len(texts))])
    return assemble("three", train=split, validation=split, test=split, facts={"source": "three"})


@pytest.fixture(scope="module")
def two(context: StudyContext, tmp_path_factory: pytest.TempPathFactory) -> WordOrder:
    folder = tmp_path_factory.mktemp("order")
    word_order.run(context, folder)
    assert (folder / "word_order.png").stat().st_size > 10_000
    return msgspec.json.decode((folder / "word_order.json").read_bytes(), type=WordOrder)


def test_shuffling_keeps_every_word_and_depends_on_the_seed_alone() -> None:
    texts = [SMALL, ["one"], [], list("abcdefgh")]
    shuffled = shuffled_words(texts, 1)
    assert shuffled == shuffled_words(texts, 1)
    assert shuffled != texts
    assert [Counter(text) for text in shuffled] == [Counter(text) for text in texts]


def test_shuffling_changes_no_label_of_a_bag_of_words(two: WordOrder) -> None:
    assert tuple(reader.name for reader in two.readers) == READERS
    bag, *networks = two.readers
    assert bag.flips == 0
    assert bag.in_order == bag.shuffled
    for reader in networks:
        assert reader.share == reader.flips / reader.in_order.rows
        assert reader.interval[0] <= reader.share <= reader.interval[1]


def test_a_reader_that_is_there_is_not_trained_again(
    context: StudyContext, two: WordOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "word_order.json").write_bytes(msgspec.json.encode(two))
    monkeypatch.setattr(word_order, "_shuffled", lambda *_: pytest.fail("trained again"))
    word_order.run(context, tmp_path)


def vectors_of(words: dict[str, list[float]]) -> KeyedVectors:
    vectors = KeyedVectors(len(next(iter(words.values()))))
    vectors.add_vectors(list(words), np.array(list(words.values()), np.float32))
    return vectors


def test_analogies_follow_the_arithmetic() -> None:
    people = {"man": [1.0, 0, 0, 1], "woman": [0.0, 1, 0, 1], "king": [1.0, 0, 1, 0], "queen": [0.0, 1, 1, 0]}
    people["the"] = [-1.0, -1, 0, 0]
    score = answered(vectors_of(people))
    assert (score.asked, score.right, score.among_five) == (2, 2, 2)
    assert score.unknown > 0
    assert score.right_by_relation["woman of"] == (2, 2)
    assert {(q.a, q.b, q.c, q.expected) for q in score.questions} == {
        ("man", "woman", "king", "queen"),
        ("king", "queen", "man", "woman"),
    }
    swapped = people | {"queen": people["the"], "the": people["queen"]}
    assert answered(vectors_of(swapped)).right == 1


def test_every_word_of_the_list_is_a_single_word() -> None:
    words = [word for pairs in analogies.PAIRS.values() for pair in pairs for word in pair]
    assert all(word.isalpha() and word.islower() for word in words)


def test_the_axis_leads_from_the_first_label_to_the_second(context: StudyContext) -> None:
    words = sorted({word for text in context.tokens.train for word in text})
    rng = np.random.default_rng(0)
    vectors = vectors_of({word: rng.normal(size=8).tolist() for word in words})
    axis = label_axis(context, vectors)
    poles = [word for word in axis.words if word.pole]
    assert axis.labels == ("negative", "positive")
    first, second = ([w.projection for w in poles if (w.lean > 0) is side] for side in (False, True))
    assert np.mean(first) < 0 < np.mean(second)
    assert all(-1.001 <= word.projection <= 1.001 for word in axis.words)


def test_the_part_is_the_same_every_time_and_not_made_again(
    context: StudyContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embeddings.run(context, tmp_path)
    record = msgspec.json.decode((tmp_path / "embeddings.json").read_bytes(), type=Embeddings)
    for kind, report in zip(VECTOR_KINDS, record.reports, strict=True):
        assert report.neighbours
        again = embeddings._report(replace(context, _vectors={}), kind, record.settings.size)
        assert msgspec.structs.replace(again, seconds=report.seconds) == report
    monkeypatch.setattr(embeddings, "_report", lambda *_: pytest.fail("made again"))
    embeddings.run(context, tmp_path)


def test_three_labels(tmp_path: Path) -> None:
    context = study_context(three_labels(), quick=True)
    embeddings.run(context, tmp_path)
    record = msgspec.json.decode((tmp_path / "embeddings.json").read_bytes(), type=Embeddings)
    assert record.reports[0].axis.labels == ("food", "sport")
    word_order.run(context, tmp_path)
    order = msgspec.json.decode((tmp_path / "word_order.json").read_bytes(), type=WordOrder)
    assert order.readers[0].flips == 0


def test_a_picture_of_no_word_can_be_drawn(context: StudyContext, tmp_path: Path) -> None:
    axis = label_axis(context, vectors_of({"nowhere": [1.0, 2.0]}))
    assert axis.words == []
    draw_axes(tmp_path / "empty.png", {"cbow": axis}, "empty")
    assert (tmp_path / "empty.png").exists()
