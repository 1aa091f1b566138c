"""Teachers: what they count and read, that no text is scored by a model that saw its label, and files of scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.train.baselines.folds import calibrated, out_of_fold, predicted, probabilities
from tallygate.train.baselines.ngrams import log_ratio, ngram_teacher
from tallygate.train.counts.tokens import ngrams_from_tokens, tokens_from_texts
from tallygate.train.teachers.documents import document_teacher, document_vectors
from tallygate.train.teachers.scores import read_scores, write_scores

LABELS = ("bad", "good")
WORDS = {0: ["dull", "weak", "flat"], 1: ["bright", "strong", "rich"], 2: ["green", "blue", "red"]}


def labelled_texts(labels: int, rows: int = 120) -> tuple[list[str], NDArray[np.int64]]:
    """Texts in which only the words tell the label, and as many again without a label."""
    generator = np.random.default_rng(0)
    targets = np.arange(rows, dtype=np.int64) % labels
    texts = [
        " ".join([*generator.choice(WORDS[int(target)], 3), *generator.choice(["the", "a", "of", "and"], 4)])
        for target in [*targets, *targets]
    ]
    return texts, targets


@given(st.lists(st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=8), min_size=1, max_size=6))
def test_ngrams_are_those_that_slicing_finds(split: list[list[str]]) -> None:
    tokens = tokens_from_texts([" ".join(words) for words in split], "")
    known = set(tokens.words)
    found = ngrams_from_tokens(tokens)
    for text, words in enumerate(split):
        slices = [tuple(words[start : start + size]) for size in (1, 2, 3) for start in range(len(words) - size + 1)]
        expected = sorted(gram for gram in slices if known.issuperset(gram))
        keys = found.keys[found.texts == text]
        assert len(keys) == len(expected)
        assert len(set(keys.tolist())) == len(set(expected))


def test_words_that_stand_once_are_unknown_and_break_ngrams() -> None:
    tokens = tokens_from_texts(["red rare red", "red"], "")
    assert tokens.words == ["red"]
    assert len(ngrams_from_tokens(tokens).keys) == 3


def test_log_ratio_is_wang_and_mannings() -> None:
    known = csr_matrix(np.array([[1, 0], [1, 1], [0, 1], [0, 1]], dtype=np.float32))
    ratio = log_ratio(known, np.array([True, True, False, False]))
    np.testing.assert_allclose(ratio, [np.log((3 / 5) / (1 / 4)), np.log((2 / 5) / (3 / 4))], rtol=1e-6)


@pytest.mark.parametrize("labels", [2, 3])
def test_teachers_find_labels_that_words_tell(labels: int) -> None:
    texts, targets = labelled_texts(labels)
    tokens = tokens_from_texts(texts, "")
    counted = ngram_teacher(tokens, targets, folds=4)
    read = document_teacher(document_vectors(tokens, 16, 40).texts, targets, folds=4)
    for teacher in (counted, read):
        assert teacher.accuracy(targets) > 0.9
        assert (predicted(teacher.unlabeled) == targets).mean() > 0.9


def test_document_vectors_are_deterministic() -> None:
    tokens = tokens_from_texts(labelled_texts(2)[0], "")
    first, second = (document_vectors(tokens, 8, 2) for _ in range(2))
    np.testing.assert_array_equal(first.texts, second.texts)
    np.testing.assert_array_equal(first.words, second.words)
    assert np.isfinite(first.texts).all()


def test_no_text_is_scored_by_a_model_that_saw_its_label() -> None:
    targets = np.arange(30, dtype=np.int64) % 2
    seen: list[set[int]] = []

    def fit(places: NDArray[np.int64]):  # type: ignore[no-untyped-def]  # noqa: ANN202
        seen.append(set(places.tolist()))
        mine = len(seen) - 1

        def score(others: NDArray[np.int64]) -> NDArray[np.float64]:
            if mine < 5:
                assert seen[mine].isdisjoint(others.tolist())
            return targets[others % 30].astype(np.float64).reshape(-1, 1) - 0.5

        return score

    logits = out_of_fold(fit, targets, unlabeled=4, folds=5)
    assert len(seen) == 6
    assert seen[5] == set(range(30))
    assert logits.train.shape == (30, 1)
    assert logits.unlabeled.shape == (4, 1)


def test_calibration_undoes_overconfidence() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 1.5, (4000, 1))
    targets = (generator.random(4000) < 1 / (1 + np.exp(-logits[:, 0]))).astype(np.int64)
    scaled = calibrated(logits * 5.0, logits[:1] * 5.0, targets)
    np.testing.assert_allclose(scaled.train, logits, atol=0.3)


def test_probabilities_sum_to_one_for_any_logits() -> None:
    for scores in (np.array([[900.0], [-900.0], [0.0]]), np.array([[1e3, -1e3, 0.0]])):
        found = probabilities(scores)
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)
        assert found.shape[1] == max(2, scores.shape[1])


def test_scores_come_back_in_the_order_of_the_texts(tmp_path: Path) -> None:
    texts = ["one text", "another", "a third"]
    values = np.array([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5]], dtype=np.float32)
    write_scores(tmp_path / "s.parquet", texts, values, LABELS)
    assert b"another" not in (tmp_path / "s.parquet").read_bytes()
    np.testing.assert_array_equal(read_scores(tmp_path / "s.parquet", texts[::-1], LABELS), values[::-1])


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"text": ["one"], "bad": [0.5]}, "has no column 'good'"),
        ({"bad": [0.5], "good": [0.5]}, "has neither a column 'key' nor 'text'"),
        ({"text": ["one"], "bad": [0.5], "good": [0.9]}, "row 1 holds no probabilities"),
        ({"text": ["one"], "bad": [float("nan")], "good": [0.5]}, "row 1 holds no probabilities"),
        ({"text": ["one"], "bad": ["a"], "good": ["b"]}, "are no numbers"),
        ({"text": ["two"], "bad": [0.5], "good": [0.5]}, "scores 0 of 1 texts"),
    ],
)
def test_bad_scores_are_refused_in_one_line(tmp_path: Path, table: dict[str, list[object]], reason: str) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table(table), path)
    with pytest.raises(InputError, match=reason):
        read_scores(path, ["one"], LABELS)


def test_a_file_that_is_no_parquet_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scores.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="is not a Parquet file"):
        read_scores(tmp_path / "scores.parquet", ["one"], LABELS)
    with pytest.raises(InputNotFoundError):
        read_scores(tmp_path / "none.parquet", ["one"], LABELS)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("targets", [[0, 0, 0, 0, 1], [0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 2], [0, 1]])
def test_a_label_with_one_text_has_a_teacher_too(targets: list[int]) -> None:
    words = ["red fish", "blue sky", "green tree"]
    tokens = tokens_from_texts([words[target] for target in [*targets, *targets]], "")
    logits = ngram_teacher(tokens, np.array(targets, dtype=np.int64), 5)
    columns = 1 if max(targets) == 1 else 3
    assert (logits.train.shape, logits.unlabeled.shape) == ((len(targets), columns),) * 2
    vectors = np.eye(3, dtype=np.float32)[[*targets, *targets]]
    assert document_teacher(vectors, np.array(targets, dtype=np.int64), 5).train.shape == logits.train.shape
