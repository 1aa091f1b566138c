"""The rows of the stage of short texts, and the average that it ends with.

A network that has read whole reviews alone takes short texts for certain and negations for nothing. It learns
otherwise from crops, which have their review's label, and from sentences of our own writing; the reviews themselves,
half with the labels that it gave them before, keep it from forgetting them. What the sentences cost elsewhere, the
average takes back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tallygate.runtime.text import Tokenizer
from tallygate.train.folder import Tensors
from tallygate.train.loop import EncodedSplit
from tallygate.train.network import LSTMClassifier
from tallygate.train.presets import Preset, ShortPreset
from tallygate.train.run.data import RunData
from tallygate.train.scores import evaluate
from tallygate.train.sentences import Sentence, draw

Rows = list[list[int]]
Floats = NDArray[np.float32]
_CROPS = 0xC809
"""So that crops and the order of batches do not come from the same stream."""


class ShortRows:
    """What the stage reads; made when it is first asked for, for it needs the network's own answers."""

    def __init__(self, preset: Preset, data: RunData) -> None:
        """Needs a preset with the stage, and data with polar words."""
        assert preset.short is not None
        assert data.polar is not None
        self._preset, self._short, self._data, self._words = preset, preset.short, data, data.polar
        self._split: EncodedSplit | None = None

    def __len__(self) -> int:
        return 2 * len(self._data.train) + self._written

    def split(self, weights: Mapping[str, Tensor]) -> EncodedSplit:
        """Whole texts, a crop of each, and written sentences, for a network that begins with ``weights``."""
        if self._split is None:
            train, sentences = self._data.train, self._sentences
            crops = one_crop_each(train.rows, self._short, self._preset.training.seed)
            own = probabilities_of(self._model(weights), train)
            labels = np.eye(len(self._data.labels), dtype=np.float32)[train.targets]
            share = self._short.label_share
            wanted = [share * labels + (1.0 - share) * own, labels, self._targets(sentences)]
            written = list(map(Tokenizer(self._data.vocabulary, self._data.text).encode, (s.text for s in sentences)))
            targets = np.concatenate([train.targets, train.targets, wanted[-1].argmax(axis=1)])
            self._split = EncodedSplit([*train.rows, *crops, *written], targets, np.concatenate(wanted))
        return self._split

    @cached_property
    def _written(self) -> int:
        return round(2 * len(self._data.train) * self._short.share / (1.0 - self._short.share))

    @property
    def _sentences(self) -> list[Sentence]:
        return draw(self._written, "trained", self._words.part("trained"), self._preset.training.seed)

    def _targets(self, sentences: list[Sentence]) -> Floats:
        """[sentences, labels] certainty for the sentence's label, a half for both where it has none."""
        good = self._data.labels.index(self._short.positive)
        sure = self._short.certainty
        of_good = {None: 0.5, 0: 1.0 - sure, 1: sure}
        targets = np.empty((len(sentences), 2), np.float32)
        targets[:, good] = [of_good[sentence.label] for sentence in sentences]
        targets[:, 1 - good] = 1.0 - targets[:, good]
        return targets

    def _model(self, weights: Mapping[str, Tensor]) -> LSTMClassifier:
        model = LSTMClassifier(self._data.architecture(self._preset))
        model.load_state_dict(dict(weights))
        return model.to(next(iter(weights.values())).device)


def one_crop_each(rows: Rows, short: ShortPreset, seed: int) -> Rows:
    """A run of tokens of each row, as many as fall evenly on the logarithm of their number, from anywhere in it."""
    generator = np.random.default_rng([seed, _CROPS])
    least, most = short.crop_tokens
    counts = np.exp(generator.uniform(math.log(least), math.log(most + 1), len(rows))).astype(int)
    places = generator.random(len(rows))
    crops = []
    for row, count, place in zip(rows, counts.tolist(), places.tolist(), strict=True):
        start = int(place * (max(len(row) - count, 0) + 1))
        crops.append(row[start : start + count])
    return crops


def probabilities_of(model: LSTMClassifier, split: EncodedSplit) -> Floats:
    """[rows, labels] what the network says of each row, uncalibrated."""
    logits = evaluate(model.eval(), split).float()
    if logits.shape[1] == 1:
        logits = functional.pad(logits, (1, 0))
    probabilities: Floats = torch.softmax(logits, dim=1).cpu().numpy()
    return probabilities


def averaged(before: Tensors, summed: Tensors, members: int, pull: float) -> Tensors:
    """``pull`` parts of the weights before, the rest of the members' mean."""
    return {name: pull * before[name] + (1.0 - pull) / members * summed[name] for name in before}
