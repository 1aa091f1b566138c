"""The shipped model's page on real reviews: the answers of Python, to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.page import Sources, contents_of, page_of
from tallygate.train.corpora import load_corpus
from tests.runtime.page.conftest import answer_file, write

if TYPE_CHECKING:
    from tests.runtime.page.conftest import Opener

REVIEWS = 2000


@pytest.fixture(scope="module")
def shipped_page(shipped: Path, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shipped") / "page.html"
    path.write_text(page_of(contents_of(open_bundle(shipped)), sources), encoding="utf-8")
    return path


def test_the_shipped_page_proves_itself_and_fits_a_phone(shipped_page: Path, shipped: Path, open_file: Opener) -> None:
    page = open_file(shipped_page, viewport={"width": 390, "height": 844})
    count = sum(1 for _ in open_bundle(shipped).goldens())
    assert count >= 1500
    assert page.locator("#verdict").inner_text() == f"{count:,} of {count:,} answers equal to the last bit"
    page.locator("#examples button").first.click()
    page.locator("#how:not(.tg-stale)").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.imdb
def test_2000_reviews_have_the_answers_of_python(
    shipped_page: Path, shipped: Path, open_file: Opener, imdb_dir: Path, tmp_path: Path
) -> None:
    corpus = load_corpus("imdb", data_dir=imdb_dir)
    texts = (corpus.validation.texts + corpus.train.texts)[:REVIEWS]
    page = open_file(shipped_page)
    rows = answer_file(page, write(tmp_path / "reviews.csv", [["review"], *([text] for text in texts)]))
    answers = Classifier.load(shipped, engine="native", precision=INTEGER).predict(texts)
    assert [row["label"] for row in rows] == [answer.label for answer in answers]
    assert [float(row["logit"]) for row in rows] == [answer.logits[0] for answer in answers]
    scores = np.array([float(row["score"]) for row in rows])
    assert np.abs(scores - [answer.score for answer in answers]).max() <= 1e-12
    assert {row["label"] for row in rows} == set(open_bundle(shipped).manifest.labels)
    assert len(rows) == REVIEWS
