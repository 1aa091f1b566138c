"""The parts of a study by name, in the order in which they are made. A part writes into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tallygate.train.study import activations, baselines, embeddings, gradients, long_dependency, word_order
from tallygate.train.study.context import StudyContext

Part = Callable[[StudyContext, Path], None]

PARTS: Mapping[str, Part] = {
    "baselines": baselines.run,
    long_dependency.NAME: long_dependency.run,
    gradients.NAME: gradients.run,
    word_order.NAME: word_order.run,
    activations.NAME: activations.run,
    embeddings.NAME: embeddings.run,
}
