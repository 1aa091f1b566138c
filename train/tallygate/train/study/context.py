"""What every part of a study works on: one split, one token stream, one seed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from sys import intern

import numpy as np
from gensim.models import KeyedVectors
from numpy.typing import NDArray

from tallygate.runtime.errors import InputError
from tallygate.runtime.text import Splitter
from tallygate.train.corpora import Corpus, Split
from tallygate.train.study.word2vec import VectorKind, word_vectors

QUICK_TEXTS = {"train": 600, "validation": 200, "test": 200, "unlabeled": 600}
"""Texts of a split that ``--quick`` reads at most."""
EMBEDDING_SIZE = 32
"""Of every embedding that is compared: the report's."""

Targets = NDArray[np.int64]
"""[texts] position of each text's label among the labels."""


@dataclass(frozen=True)
class TokenStream:
    """The tokens of every text, split once by the product's own splitter: no part splits texts its own way."""

    train: list[list[str]]
    validation: list[list[str]]
    test: list[list[str]]
    unlabeled: list[list[str]]


@dataclass(frozen=True)
class TrainedVectors:
    """Word vectors and what they cost."""

    vectors: KeyedVectors
    seconds: float


@dataclass(frozen=True)
class StudyContext:
    """Data and settings of a study."""

    corpus: Corpus
    tokens: TokenStream
    targets: Mapping[str, Targets]
    """Of the splits ``train``, ``validation`` and ``test``."""
    quick: bool = False
    """Whether everything should take seconds and its figures mean little."""
    seed: int = 0
    threads: int = 1
    _vectors: dict[tuple[VectorKind, int], TrainedVectors] = field(default_factory=dict, repr=False, compare=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label, sorted."""
        return self.corpus.labels

    @property
    def outputs(self) -> int:
        """Logits per text: one for two labels, else one each."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    def word_vectors(self, kind: VectorKind, size: int = EMBEDDING_SIZE) -> KeyedVectors:
        """Word vectors of the training and unlabelled texts, trained when they are first asked for."""
        return self.trained_vectors(kind, size).vectors

    def trained_vectors(self, kind: VectorKind, size: int = EMBEDDING_SIZE) -> TrainedVectors:
        """The same with the seconds that training them took."""
        if (kind, size) not in self._vectors:
            start = time.process_time()
            vectors = word_vectors([*self.tokens.train, *self.tokens.unlabeled], kind, size, self.seed)
            self._vectors[kind, size] = TrainedVectors(vectors, time.process_time() - start)
        return self._vectors[kind, size]

    def sha256(self) -> str:
        """Of every token and label, and of the settings: figures of another one are not of this study."""
        digest = hashlib.sha256(repr((self.labels, self.quick, self.seed, self.threads)).encode("utf-8"))
        for split in (self.tokens.train, self.tokens.validation, self.tokens.test, self.tokens.unlabeled):
            digest.update(b"\0split\0")
            for tokens in split:
                digest.update(" ".join(tokens).encode("utf-8") + b"\n")
        for targets in self.targets.values():
            digest.update(targets.astype("<i8").tobytes())
        return digest.hexdigest()


def study_context(corpus: Corpus, quick: bool = False, seed: int = 0, threads: int = 1) -> StudyContext:
    """Split every text of ``corpus`` into tokens; ``quick`` draws a sample of the texts first.

    Raises :class:`InputError` when the corpus has no validation or test texts.
    """
    for name, split in (("validation", corpus.validation), ("test", corpus.test)):
        if split is None or not len(split):
            raise InputError(corpus.name, f"has no {name} texts", f"give it a {name} split of labelled texts")
    corpus = _sample(corpus, seed) if quick else corpus
    assert corpus.test is not None
    splits = {"train": corpus.train, "validation": corpus.validation, "test": corpus.test}
    splitter = Splitter()
    streams = {name: _split_texts(splitter, split.texts) for name, split in splits.items()}
    if not any(streams["train"]):
        raise InputError(corpus.name, "holds not one word to train on", "check which column holds the text")
    stream = TokenStream(**streams, unlabeled=_split_texts(splitter, corpus.unlabeled))
    targets = {name: corpus.targets(split) for name, split in splits.items()}
    return StudyContext(corpus, stream, targets, quick, seed, threads)


def _split_texts(splitter: Splitter, texts: list[str]) -> list[list[str]]:
    """One string object per word: the tokens of a large corpus would else take gigabytes."""
    return [list(map(intern, splitter.split(text))) for text in texts]


def _sample(corpus: Corpus, seed: int) -> Corpus:
    assert corpus.test is not None
    return replace(
        corpus,
        train=_sampled(corpus.train, QUICK_TEXTS["train"], seed),
        validation=_sampled(corpus.validation, QUICK_TEXTS["validation"], seed),
        test=_sampled(corpus.test, QUICK_TEXTS["test"], seed),
        unlabeled=corpus.unlabeled[: QUICK_TEXTS["unlabeled"]],
    )


def _sampled(split: Split, texts: int, seed: int) -> Split:
    """At most ``texts`` of the texts, and at least one of each label."""
    order = np.random.default_rng(seed).permutation(len(split)).tolist()
    first = {split.labels[place]: place for place in reversed(order)}.values()
    return split.take(sorted({*order[:texts], *first}))
