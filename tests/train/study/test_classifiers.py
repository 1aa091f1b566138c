"""The classifiers that count, and how all contestants are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from tallygate.train.baselines.fasttext_model import LABEL, write_texts
from tallygate.train.baselines.ngrams import log_ratio
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.study.classical import CosineNeighbours, classical_contestants
from tallygate.train.study.contestant import Contestant, Fitted, Found, Settings, Size, measured
from tallygate.train.study.context import StudyContext, study_context
from tallygate.train.study.fasttext_row import FastText
from tallygate.train.study.features import FeatureCache
from tallygate.train.study.nb_svm import INTERPOLATION, NbSvm
from tallygate.train.study.sizes import size_of


@pytest.fixture(scope="module")
def context() -> StudyContext:
    return study_context(mini_corpus(train=200, validation=40, test=50), quick=False)


class _Answer(Fitted):
    """Right on a share of validation, the better the more wrong on test; notes what it is asked."""

    train_seconds = 1.0

    def __init__(self, context: StudyContext, wrong: int, asked: list[str]) -> None:
        self._context, self._wrong, self._asked = context, wrong, asked

    def predict(self, texts: Sequence[list[str]]) -> Found:
        split = "validation" if len(texts) == len(self._context.tokens.validation) else "test"
        self._asked.append(f"{self._wrong} {split}")
        found = self._context.targets[split].copy()
        wrong = self._wrong if split == "validation" else 10 - self._wrong
        found[:wrong] = 1 - found[:wrong]
        return found

    def size(self) -> Size:
        return Size(10, 40, 7)


class _Choosing(Contestant):
    name, family, features = "choosing", "classical", "nothing"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def candidates(self, context: StudyContext) -> list[Settings]:
        return [{"wrong": 4}, {"wrong": 1}, {"wrong": 8}, {"wrong": 1}]

    def fit(self, context: StudyContext, settings: Settings) -> Fitted:
        return _Answer(context, int(settings["wrong"] or 0), self.asked)


def test_validation_chooses_and_test_is_read_once(context: StudyContext) -> None:
    contestant = _Choosing()
    figures = measured(contestant, context)
    assert figures.settings == {"wrong": 1}
    assert (figures.validation.accuracy, figures.test.accuracy) == (39 / 40, 41 / 50)
    assert [asked for asked in contestant.asked if "test" in asked] == ["1 test"]
    assert [trial.validation_accuracy for trial in figures.trials] == [36 / 40, 39 / 40, 32 / 40, 39 / 40]
    assert (figures.bytes, figures.parameters) == (47, 10)


@pytest.mark.parametrize("place", range(14))
def test_each_of_the_seven_learns_over_both_kinds_of_features(context: StudyContext, place: int) -> None:
    contestant = classical_contestants(FeatureCache())[place]
    fitted = contestant.fit(context, contestant.candidates(context)[-1])
    found = fitted.predict(context.tokens.train)
    assert (found == context.targets["train"]).mean() > 0.6
    one_by_one = np.concatenate([fitted.predict([tokens]) for tokens in context.tokens.test[:9]])
    assert np.array_equal(one_by_one, fitted.predict(context.tokens.test)[:9])
    assert fitted.predict([[], ["unheard"]]).shape == (2,)


def test_tf_idf_stores_a_weight_more_per_word(context: StudyContext) -> None:
    bag, weighted = classical_contestants(FeatureCache())[:2]
    sizes = [c.fit(context, c.candidates(context)[0]).size() for c in (bag, weighted)]
    words = len({word for tokens in context.tokens.train for word in tokens})
    assert [size.parameters for size in sizes] == [words + 1, 2 * words + 1]
    assert [size.weight_bytes for size in sizes] == [4 * (words + 1), 4 * (2 * words + 1)]


def test_sizes_count_what_prediction_reads() -> None:
    features, targets = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]), np.array([0, 1, 2, 2])
    assert size_of(LogisticRegression().fit(features, targets)) == (9, 36)
    tree = DecisionTreeClassifier(random_state=0).fit(features, targets)
    nodes, leaves = tree.tree_.node_count, tree.get_n_leaves()
    assert size_of(tree) == (nodes, 4 * (4 * (nodes - leaves) + 3 * leaves))


def test_neighbours_rank_by_cosine() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    model = CosineNeighbours(KNeighborsClassifier(n_neighbors=1, algorithm="brute"))
    model.fit(csr_matrix(np.array([[9.0, 0.0], [0.2, 0.2]])), np.array([0, 1]))
    assert model.predict(csr_matrix(np.array([[5.0, 4.0], [0.1, 0.0]]))).tolist() == [1, 0]
    assert size_of(model) == (3, 4 * (2 * 3 + 2 * 2))


def test_nb_svm_mixes_the_svms_weights_with_their_mean(context: StudyContext) -> None:
    contestant = NbSvm()
    fitted = contestant.fit(context, contestant.candidates(context)[1])
    train, weights = contestant._made.train, fitted._weights[:, 0]  # type: ignore[union-attr]
    ratio = log_ratio(train, context.targets["train"] == 1)
    known = np.abs(ratio) > 1e-6
    mixed = weights[known] / ratio[known]
    own = (mixed - (1 - INTERPOLATION) * np.abs(mixed).mean()) / INTERPOLATION
    assert mixed.mean() > 0
    assert own.std() > 0
    assert (fitted.predict(context.tokens.train) == context.targets["train"]).mean() > 0.9


def test_fasttext_reads_texts_that_stand_by_label_in_another_order(tmp_path: Path) -> None:
    labels, texts = [0] * 100 + [1] * 100, [[f"word{row}"] for row in range(200)]
    written = []
    for name in ("first", "second"):
        write_texts(tmp_path / name, labels, texts)
        written.append((tmp_path / name).read_text(encoding="utf-8").splitlines())
    assert written[0] == written[1]
    assert sorted(written[0]) == sorted(f"{LABEL}{row // 100} word{row}" for row in range(200))
    assert 30 < sum(line.startswith(f"{LABEL}1") for line in written[0][:100]) < 70


def test_fasttext_predicts_every_text(context: StudyContext) -> None:
    pytest.importorskip("fasttext", reason="needs the extra [fasttext]")
    contestant = FastText()
    settings = contestant.candidates(context)[1]
    first, second = (contestant.fit(context, settings) for _ in range(2))
    found = first.predict(context.tokens.train)
    assert (found == context.targets["train"]).mean() > 0.8
    assert np.array_equal(found, second.predict(context.tokens.train))
    assert first.predict([[], ["dull"]]).shape == (2,)
    assert first.size().vocabulary_bytes > 0
