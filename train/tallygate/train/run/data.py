"""The data of a run as the network sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallygate.runtime.text import TEXT_VERSION, Splitter, TextContract, Tokenizer, Vocabulary
from tallygate.train.corpora import Corpus, Split
from tallygate.train.counts import vocabulary_from_texts
from tallygate.train.loop import EncodedSplit, encode
from tallygate.train.network import Architecture
from tallygate.train.presets import Preset, TeacherPreset
from tallygate.train.sentences import PolarWords, polar_words
from tallygate.train.teachers import Probabilities, TeacherScores


@dataclass(frozen=True)
class RunData:
    """Encoded splits and what encoded them."""

    name: str
    labels: tuple[str, ...]
    vocabulary: Vocabulary
    text: TextContract
    train: EncodedSplit
    validation: EncodedSplit
    test: EncodedSplit | None
    distilled: EncodedSplit | None
    """Training texts and those without a label, with a teacher's probabilities, where there is a teacher."""
    polar: PolarWords | None
    """Words that say good or bad, where the recipe has a stage of short texts and the labels are such."""
    facts: Mapping[str, object]
    """Of the corpus: where it came from, counts, hashes, what was left out."""

    @property
    def outputs(self) -> int:
        """Logits per text."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    @property
    def first_split(self) -> EncodedSplit:
        """What the first stage of training reads."""
        return self.train if self.distilled is None else self.distilled

    def architecture(self, preset: Preset) -> Architecture:
        """The network for this data: the embedding has as many rows as the vocabulary has."""
        sizes = {field: getattr(preset.model, field) for field in preset.model.__struct_fields__}
        return Architecture(vocabulary_size=self.vocabulary.size, outputs=self.outputs, **sizes)

    def sha256(self) -> str:
        """Of every word, row and label that training and validation read."""
        digest = hashlib.sha256(self.vocabulary.to_bytes())
        digest.update(repr(self.labels).encode("utf-8"))
        for split in (self.first_split, self.validation):
            for row in split.rows:
                digest.update(np.asarray([len(row), *row], dtype="<i8").tobytes())
            digest.update(split.targets.astype("<i8").tobytes())
            if split.probabilities is not None:
                digest.update(split.probabilities.astype("<f4").tobytes())
        return digest.hexdigest()


def text_contract(preset: Preset) -> TextContract:
    """How the preset turns text into tokens."""
    text = preset.text
    return TextContract(max_length=text.max_length, keep=text.keep, punctuation=text.punctuation, version=TEXT_VERSION)


def run_data_from_corpus(
    corpus: Corpus,
    preset: Preset,
    vocabulary: Vocabulary | None = None,
    scores: TeacherScores | None = None,
    unlabeled: Sequence[str] = (),
) -> RunData:
    """Encode all splits with ``vocabulary``, or with one that is built from the training split.

    ``scores`` are a teacher's, of the training texts and of ``unlabeled``.
    """
    if vocabulary is None:
        vocabulary = vocabulary_from_texts(corpus.train.texts, preset.text.vocabulary_size, preset.text.punctuation)
    text = text_contract(preset)
    tokenizer = Tokenizer(vocabulary, text)

    def encoded(split: Split) -> EncodedSplit:
        return encode(split.texts, corpus.targets(split), tokenizer)

    train, distilled = encoded(corpus.train), None
    if scores is not None:
        teacher = preset.teacher or TeacherPreset()
        train = _taught(train, scores.train, teacher.label_share)
        distilled = _joined(train, [tokenizer.encode(text) for text in unlabeled], scores.unlabeled)
    return RunData(
        name=corpus.name,
        labels=corpus.labels,
        vocabulary=vocabulary,
        text=text,
        train=train,
        validation=encoded(corpus.validation),
        test=encoded(corpus.test) if corpus.test is not None else None,
        distilled=distilled,
        polar=_polar_words(corpus, preset, text),
        facts=corpus.facts,
    )


def _polar_words(corpus: Corpus, preset: Preset, text: TextContract) -> PolarWords | None:
    short = preset.short
    if short is None or set(corpus.labels) != {short.negative, short.positive}:
        return None
    is_good = (corpus.targets(corpus.train) == corpus.labels.index(short.positive)).astype(int).tolist()
    return polar_words(corpus.train.texts, is_good, Splitter(text.punctuation, text.version))


def _taught(split: EncodedSplit, probabilities: Probabilities, label_share: float) -> EncodedSplit:
    """Labels and a teacher's probabilities mixed, label by label."""
    labels = np.eye(probabilities.shape[1], dtype=np.float32)[split.targets]
    return replace(split, probabilities=label_share * labels + (1.0 - label_share) * probabilities)


def _joined(split: EncodedSplit, rows: list[list[int]], probabilities: Probabilities) -> EncodedSplit:
    """``split`` and further rows that are known by their probabilities alone."""
    assert split.probabilities is not None
    targets = np.concatenate([split.targets, probabilities.argmax(axis=1)])
    return EncodedSplit([*split.rows, *rows], targets, np.concatenate([split.probabilities, probabilities]))
