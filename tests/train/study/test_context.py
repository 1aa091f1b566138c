"""What every part of a study works on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tallygate.runtime.errors import InputError
from tallygate.runtime.text.tokenizer import TextContract, Tokenizer
from tallygate.train.corpora.corpus import Corpus, Split, assemble
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.counts.vocabulary_builder import ranked_words, vocabulary_from_words
from tallygate.train.study import context as context_module
from tallygate.train.study.context import study_context
from tallygate.train.study.neural import MAX_LENGTH, Encoder, word2vec_embedding
from tallygate.train.study.word2vec import word_vectors


def unbalanced() -> Corpus:
    def split(counts: dict[str, int]) -> Split:
        made = Split()
        for label, count in counts.items():
            for number in range(count):
                made.add(f"It is {label}, number {number}.", label, f"{label}{number}")
        return made

    sizes = {"a": 300, "b": 20, "c": 1}
    return assemble("made up", train=split(sizes), validation=split(sizes), test=split(sizes), facts={"source": "x"})


def test_a_quick_study_keeps_every_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(context_module.QUICK_TEXTS, "train", 40)
    context = study_context(unbalanced(), quick=True, seed=3)
    assert np.bincount(context.targets["train"], minlength=3).min() >= 1
    assert 40 <= len(context.tokens.train) <= 42
    assert context.tokens.train[0][:2] == ["it", "is"]


def test_its_hash_tells_data_and_settings_apart() -> None:
    corpus = mini_corpus(train=20, validation=8, test=8)
    hashes = [study_context(corpus, quick, seed, threads).sha256() for quick, seed, threads in
              ((False, 0, 1), (True, 0, 1), (False, 1, 1), (False, 0, 2))]  # fmt: skip
    other = replace(corpus, train=replace(corpus.train, labels=corpus.train.labels[::-1]))
    assert len({*hashes, study_context(other).sha256()}) == 5
    assert study_context(corpus).sha256() == hashes[0]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_corpus_without_a_split_to_score_is_refused(split: str) -> None:
    corpus = mini_corpus(train=20, validation=8, test=8)
    with pytest.raises(InputError, match=f"no {split} texts"):
        study_context(replace(corpus, **{split: Split()}))


def test_ids_are_those_of_the_products_tokenizer() -> None:
    context = study_context(mini_corpus(train=40, validation=8, test=8))
    vocabulary = vocabulary_from_words(ranked_words(context.tokens.train), 60)
    tokenizer = Tokenizer(vocabulary, TextContract(max_length=MAX_LENGTH))
    texts = [*context.corpus.validation.texts, "", "nothing but " * MAX_LENGTH + "dull"]
    split = study_context(
        replace(context.corpus, validation=Split(texts, ["negative"] * len(texts), texts))
    ).tokens.validation
    assert Encoder(vocabulary).encode(split).rows == [tokenizer.encode(text) for text in texts]


def test_word_vectors_are_the_same_every_time_and_know_company() -> None:
    sentences = [["the", word, kind, "ran"] for word, kind in [("red", "fox"), ("dark", "cat")] * 500]
    sentences += [["we", "ate", food, "today"] for food in ("bread", "soup") * 500]
    first, second = (word_vectors(sentences, "cbow", 16, 4) for _ in range(2))
    assert np.array_equal(first.vectors, second.vectors)
    assert not np.array_equal(first.vectors, word_vectors(sentences, "skip-gram", 16, 4).vectors)
    assert first.similarity("bread", "soup") > first.similarity("bread", "fox")


def test_word_vectors_stand_in_the_rows_of_their_words() -> None:
    context = study_context(mini_corpus(train=40, validation=8, test=8))
    vocabulary = vocabulary_from_words([*ranked_words(context.tokens.train), "unheard-of"], 10_000)
    embedding = word2vec_embedding(context, vocabulary, "cbow").numpy()
    vectors = context.word_vectors("cbow")
    assert context.word_vectors("cbow") is vectors
    word = vectors.index_to_key[3]
    row = embedding[vocabulary.rows[word]]
    assert np.corrcoef(row, vectors[word])[0, 1] > 0.9999
    assert not embedding[[0, 1, vocabulary.rows["unheard-of"]]].any()
