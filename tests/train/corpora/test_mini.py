"""The built-in corpus: balanced, the same everywhere, in need of word order, without a frame in two splits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from tallygate.train.corpora import Corpus, Split, load_corpus, review_sentences
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.corpora.mini_frames import CONTRASTED, NEGATED, NEUTRAL, ORDERED, PLAIN, frames_of
from tallygate.train.corpora.mini_words import LABELLED_SLOTS, SLOTS

KINDS = {"plain": PLAIN, "negated": NEGATED, "contrasted": CONTRASTED, "ordered": ORDERED, "neutral": NEUTRAL}


@pytest.fixture(scope="module")
def mini() -> Corpus:
    return load_corpus("mini")


def splits_of(corpus: Corpus) -> dict[str, Split]:
    assert corpus.test is not None
    return {"train": corpus.train, "validation": corpus.validation, "test": corpus.test}


def skeletons(split: Split) -> Iterator[tuple[str, str]]:
    """Every sentence, slot words replaced by their slot and label, whatever frame made it; and its text's label."""
    names = {word.lower(): "is" if name == "be" else name for name, words in SLOTS.items() for word in words}
    for name, by_label in LABELLED_SLOTS.items():
        for label, words in zip(("negative", "positive"), by_label, strict=True):
            names |= dict.fromkeys(words, f"{label} {name}")
    word = re.compile(rf"\b({'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})\b")
    for text, label in zip(split.texts, split.labels, strict=True):
        for sentence in re.sub(r"\ban\b", "a", text.lower()).rstrip(".").split(". "):
            yield word.sub(lambda match: f"<{names[match[0]]}>", sentence), label


def frames_in(split: Split) -> set[str]:
    """The skeletons, in which only counts whether a word has the text's label or the other one."""
    signs = {"negative": {"<negative": "<+", "<positive": "<-"}, "positive": {"<negative": "<-", "<positive": "<+"}}
    return {
        re.sub(r"<(?:negative|positive)", lambda match, signs=signs[label]: signs[match[0]], sentence)  # type: ignore[misc]
        for sentence, label in skeletons(split)
    }


def test_sizes_balance_and_lengths(mini: Corpus) -> None:
    assert {name: len(split) for name, split in splits_of(mini).items()} == {
        "train": 3000,
        "validation": 500,
        "test": 500,
    }
    assert mini.labels == ("negative", "positive")
    for split in splits_of(mini).values():
        counts = split.label_counts()
        assert counts["negative"] == counts["positive"]
    lengths = [len(text.split()) for text in mini.train.texts]
    assert min(lengths) == 3
    assert 100 < max(lengths) <= 125
    assert len({word for text in mini.train.texts for word in re.findall(r"[a-z]+", text.lower())}) > 400


def test_the_corpus_is_the_same_on_every_machine_and_python(mini: Corpus) -> None:
    assert mini.train.sha256() == "b6565a63d1f3df2da1f7c10eddfcb992def30183204a979b7cb5dcd61603e072"
    assert splits_of(mini)["test"].sha256() == "b0d3ab372f0802718d5bb73c1a7992e3bac49f10618ee1ae557455b83c2750a7"
    assert mini_corpus(seed=1).train.texts != mini.train.texts


def test_splits_share_no_sentence_frame(mini: Corpus) -> None:
    found = {name: frames_in(split) for name, split in splits_of(mini).items()}
    assert all(len(sentences) > 200 for sentences in found.values())
    assert not found["train"] & found["validation"]
    assert not found["train"] & found["test"]
    assert not found["validation"] & found["test"]


def test_every_split_has_frames_of_every_kind() -> None:
    for kind, patterns in KINDS.items():
        for split in ("train", "validation", "test"):
            assert sum(len(frames_of(pattern, split)) for pattern in patterns) >= 20, (kind, split)


def test_frames_say_nothing_about_the_label(mini: Corpus) -> None:
    """What is left of a text without its labelled words is the same kind of text for both labels."""
    labelled = {word for by_label in LABELLED_SLOTS.values() for words in by_label for word in words}
    phrase = re.compile(rf"\b({'|'.join(sorted(map(re.escape, labelled), key=len, reverse=True))})\b", re.IGNORECASE)
    rest = {name: [phrase.sub("_", text) for text in split.texts] for name, split in splits_of(mini).items()}
    accuracy = bag_of_words_accuracy(rest["train"], mini.train.labels, rest["test"], splits_of(mini)["test"].labels)
    assert accuracy < 0.57


def test_a_bag_of_words_does_not_learn_it(mini: Corpus) -> None:
    test = splits_of(mini)["test"]
    assert 0.55 < bag_of_words_accuracy(mini.train.texts, mini.train.labels, test.texts, test.labels) < 0.75


def bag_of_words_accuracy(train: list[str], labels: list[str], test: list[str], test_labels: list[str]) -> float:
    counts = CountVectorizer(token_pattern=r"[\w']+")
    model = LogisticRegression(C=0.1, max_iter=300).fit(counts.fit_transform(train), labels)
    return float(model.score(counts.transform(test), test_labels))


def test_sentences_with_the_same_words_have_either_label(mini: Corpus) -> None:
    labels_by_bag: dict[str, set[str]] = {}
    for sentence, label in skeletons(mini.train):
        if "<negative" in sentence and "<positive" in sentence:
            bag = " ".join(sorted(re.findall(r"<[^>]*>|\w+", sentence)))
            labels_by_bag.setdefault(bag, set()).add(label)
    assert sum(len(labels) == 2 for labels in labels_by_bag.values()) > 50


def test_sentences_come_without_end_and_by_seed() -> None:
    first = list(islice(review_sentences(0), 2000))
    assert first == list(islice(review_sentences(0), 2000))
    assert first[:10] != list(islice(review_sentences(1), 10))
    assert len(set(first)) > 1900
    assert all(re.fullmatch(r"[A-Z][A-Za-z ,.]*\.", text) for text in first)
    assert not any(re.search(r"\ba [aeiou]|\ban [^aeiouh]|  | ,| \.", text, re.IGNORECASE) for text in first)
