"""The preset ``auto``: length, vocabulary, batch and epochs from what the training texts are.

====================  ====================================================================================
``max_length``        99% of the texts stay whole: their length in tokens, rounded up to a multiple of 8;
                      never above that of ``auto.toml``, since time grows with it
``vocabulary_size``   a row for each word that stands at least twice (a word seen once teaches nothing that
                      the unknown word does not), never above that of ``auto.toml``
``batch_size``        16 for fewer than 2,000 texts, 32 for fewer than 20,000, else that of ``auto.toml``
``epochs``            as many as make 2,500 steps or read 2.5 million tokens, whichever is fewer, at most 40, and at
                      least those of ``auto.toml``; the last is kept, where the schedule has come to its end, for
                      a few dozen validation texts cannot tell epochs apart
``warmup_steps``      a tenth of all steps, at most those of ``auto.toml``
``teacher``           n-grams, where there are texts without labels, which count as texts above
====================  ====================================================================================
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from tallygate.runtime.text import FIRST_WORD, TEXT_VERSION, Splitter
from tallygate.train.corpora import Corpus
from tallygate.train.presets.preset import Preset, TeacherPreset, TextPreset, load_preset
from tallygate.train.presets.training import TrainingPreset

AUTO = "auto"
"""Name of the preset that is decided from the data."""
WHOLE_SHARE = 0.99
"""Share of the training texts that is not cut."""
LENGTH_STEP = 8
SMALL_BATCHES = ((2_000, 16), (20_000, 32))
"""Batches for corpora of fewer texts than the first number."""
STEPS = 2_500
"""What a network of this size needs to learn a corpus that is small; a large one takes more, as its epochs ask for."""
TOKENS = 2_500_000
"""What it reads in all at most: of long texts each step teaches more, and more epochs learn them by heart."""
MOST_EPOCHS = 40


@dataclass(frozen=True)
class TextFacts:
    """What the rules look at."""

    texts: int
    whole_length: int
    """Tokens within which :data:`WHOLE_SHARE` of the texts lie, or the most there may be."""
    tokens: int
    """Of all texts, each cut to that length."""
    words: int
    """Words that stand at least twice, or all where none does."""


def text_facts(texts: Sequence[str], limits: TextPreset) -> TextFacts:
    """Count the tokens of ``texts``, of which there is at least one, by the text contract."""
    splitter, counts, lengths = Splitter(limits.punctuation, TEXT_VERSION), Counter[str](), []
    for text in texts:
        tokens = splitter.split(text)
        counts.update(tokens)
        lengths.append(len(tokens))
    repeated = sum(count > 1 for count in counts.values())
    whole = min(int(np.quantile(lengths, WHOLE_SHARE, method="inverted_cdf")), limits.max_length)
    read = int(np.minimum(lengths, whole).sum())
    return TextFacts(texts=len(texts), whole_length=whole, tokens=read, words=repeated or len(counts))


def preset_for_corpus(corpus: Corpus, streamable: bool = False) -> Preset:
    """The preset ``auto`` for this corpus; neither the order of its texts nor its held-out ones matter.

    A ``streamable`` model reads in one direction, so that texts can be read as they come.
    """
    limits = load_preset(AUTO)
    facts = text_facts([*corpus.train.texts, *corpus.unlabeled], limits.text)
    text = _text(limits.text, facts)
    return replace(
        limits,
        text=text,
        model=replace(limits.model, bidirectional=limits.model.bidirectional and not streamable),
        training=_training(limits.training, facts),
        teacher=TeacherPreset(models=("ngrams",)) if corpus.unlabeled else None,
    )


def describe_decided(preset: Preset) -> str:
    """What was decided, in one line for a person."""
    text, training = preset.text, preset.training
    return (
        f"preset {AUTO}, decided from the training texts: at most {text.max_length} tokens, "
        f"{text.vocabulary_size:,} rows of {preset.model.embedding_size}, "
        f"{training.epochs} epochs in batches of {training.batch_size}"
    )


def _text(limits: TextPreset, facts: TextFacts) -> TextPreset:
    length = LENGTH_STEP * max(1, math.ceil(facts.whole_length / LENGTH_STEP))
    rows = FIRST_WORD + max(1, facts.words)
    return replace(limits, max_length=min(length, limits.max_length), vocabulary_size=min(rows, limits.vocabulary_size))


def _training(limits: TrainingPreset, facts: TextFacts) -> TrainingPreset:
    batch = next((size for below, size in SMALL_BATCHES if facts.texts < below), limits.batch_size)
    steps = math.ceil(facts.texts / batch)
    most = min(MOST_EPOCHS, round(STEPS / steps), round(TOKENS / max(1, facts.tokens)))
    epochs = max(limits.epochs, most)
    warmup = min(limits.warmup_steps, epochs * steps // 10)
    return replace(limits, batch_size=batch, epochs=epochs, warmup_steps=warmup)
