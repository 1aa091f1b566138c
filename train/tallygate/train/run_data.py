"""The data of a run as the network sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tallygate.runtime.text import TextContract, Tokenizer
from tallygate.runtime.vocabulary import Vocabulary
from tallygate.train.batching import EncodedSplit, encode
from tallygate.train.corpora.corpus import Corpus, Split
from tallygate.train.model import Architecture
from tallygate.train.preset import Preset
from tallygate.train.vocabulary_builder import vocabulary_from_texts


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
    facts: Mapping[str, object]
    """Of the corpus: where it came from, counts, hashes, what was left out."""

    @property
    def outputs(self) -> int:
        """Logits per text."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    def architecture(self, preset: Preset) -> Architecture:
        """The network for this data: the embedding has as many rows as the vocabulary has."""
        sizes = {field: getattr(preset.model, field) for field in preset.model.__struct_fields__}
        return Architecture(vocabulary_size=self.vocabulary.size, outputs=self.outputs, **sizes)

    def sha256(self) -> str:
        """Of every word, row and label that training and validation read."""
        digest = hashlib.sha256(self.vocabulary.to_bytes())
        digest.update(repr(self.labels).encode("utf-8"))
        for split in (self.train, self.validation):
            for row in split.rows:
                digest.update(np.asarray([len(row), *row], dtype="<i8").tobytes())
            digest.update(split.targets.astype("<i8").tobytes())
        return digest.hexdigest()


def run_data_from_corpus(corpus: Corpus, preset: Preset) -> RunData:
    """Build the vocabulary from the training split, then encode all splits with it."""
    vocabulary = vocabulary_from_texts(corpus.train.texts, preset.text.vocabulary_size, preset.text.punctuation)
    text = TextContract(max_length=preset.text.max_length, keep=preset.text.keep, punctuation=preset.text.punctuation)
    tokenizer = Tokenizer(vocabulary, text)
    position = {label: index for index, label in enumerate(corpus.labels)}

    def encoded(split: Split) -> EncodedSplit:
        return encode(split.texts, [position[label] for label in split.labels], tokenizer)

    return RunData(
        name=corpus.name,
        labels=corpus.labels,
        vocabulary=vocabulary,
        text=text,
        train=encoded(corpus.train),
        validation=encoded(corpus.validation),
        test=encoded(corpus.test) if corpus.test is not None else None,
        facts=corpus.facts,
    )
