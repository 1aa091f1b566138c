"""Splits: no text stands in two of them."""

from __future__ import annotations

from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.corpora.splitting import with_unlabeled
from tallygate.train.teachers.lesson import distinct_unlabeled


def test_texts_of_validation_and_test_never_come_in_through_the_unlabelled_ones() -> None:
    corpus = mini_corpus(train=60, validation=20, test=20)
    assert corpus.test is not None
    texts = [corpus.validation.texts[0].upper(), corpus.test.texts[0], corpus.train.texts[0], "new", " NEW "]
    joined = with_unlabeled(corpus, texts)
    assert joined.unlabeled == [corpus.train.texts[0], "new", " NEW "]
    assert distinct_unlabeled(joined) == ["new"]
