"""The part ``word_order``: how many texts change their label when their words are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from tqdm import tqdm

from tallygate.runtime.bundle import Score
from tallygate.runtime.figure import save_figure
from tallygate.train.scores import score_from_labels, wilson_interval
from tallygate.train.study.classical import classical_contestants
from tallygate.train.study.contestant import Contestant
from tallygate.train.study.context import StudyContext
from tallygate.train.study.features import FeatureCache
from tallygate.train.study.neural import MAX_LENGTH, neural_contestants
from tallygate.train.study.part_record import read_record, write_record
from tallygate.train.study.row import Setting

NAME = "word_order"
READERS = ("logistic regression, bag of words", "LSTM", "simple RNN", "GRU")
"""Of the baselines, with their training. The first cannot see an order: 0 by construction, and measured all the same.
"""


class OrderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the figures."""

    study: str
    """Hash of the texts, labels and seed."""
    split: str = "validation"
    max_length: int = MAX_LENGTH
    """Texts are cut to so many of their last words first, so that every reader gets the same words in both orders."""
    readers: tuple[str, ...] = READERS


class Shuffled(msgspec.Struct, frozen=True, kw_only=True):
    """One classifier before texts in their order and shuffled."""

    name: str
    settings: dict[str, Setting]
    flips: int
    """Texts whose predicted label changes."""
    share: float
    interval: tuple[float, float]
    """95%, Wilson 1927."""
    in_order: Score
    shuffled: Score


class WordOrder(msgspec.Struct, frozen=True, kw_only=True):
    """``word_order.json``."""

    settings: OrderSettings
    readers: list[Shuffled]


def run(context: StudyContext, folder: Path) -> None:
    """Make ``word_order.json`` and ``.png``; readers that the file has already are not trained again.

    Each is trained on texts in their order, for any number of labels.
    """
    settings, path = OrderSettings(study=context.sha256()), folder / f"{NAME}.json"
    record = read_record(path, WordOrder, settings) or WordOrder(settings=settings, readers=[])
    done = {reader.name for reader in record.readers}
    for contestant in tqdm(_contestants(), desc=NAME, disable=None, leave=False):
        if contestant.name not in done:
            record = msgspec.structs.replace(record, readers=[*record.readers, _shuffled(contestant, context)])
            write_record(path, record)
    _draw(folder / f"{NAME}.png", record, context)


def shuffled_words(texts: Sequence[list[str]], seed: int) -> list[list[str]]:
    """The same words of each text in an order that the seed decides."""
    generator = np.random.default_rng(seed)
    return [[text[place] for place in generator.permutation(len(text))] for text in texts]


def _contestants() -> list[Contestant]:
    known = {one.name: one for one in [*classical_contestants(FeatureCache()), *neural_contestants()]}
    return [known[name] for name in READERS]


def _shuffled(contestant: Contestant, context: StudyContext) -> Shuffled:
    settings = contestant.candidates(context)[0]
    fitted = contestant.fit(context, settings)
    texts = [tokens[-MAX_LENGTH:] for tokens in context.tokens.validation]
    found, after = fitted.predict(texts), fitted.predict(shuffled_words(texts, context.seed))
    targets, flips = context.targets["validation"], int((found != after).sum())
    return Shuffled(
        name=contestant.name,
        settings=settings | fitted.learnt_settings(),
        flips=flips,
        share=flips / len(found),
        interval=wilson_interval(flips, len(found)),
        in_order=score_from_labels(found, targets, context.corpus.name, "validation"),
        shuffled=score_from_labels(after, targets, context.corpus.name, "validation"),
    )


def _draw(path: Path, record: WordOrder, context: StudyContext) -> None:
    figure = Figure(figsize=(10.0, 3.6), layout="constrained")
    flips, accuracy = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(record.readers))
    bars = flips.barh(places, [reader.share for reader in record.readers], color="tab:red", xerr=_errors(record))
    flips.bar_label(bars, fmt="{:.1%}", padding=3)
    flips.margins(x=0.15)
    flips.set_yticks(places, [reader.name.replace(", ", ",\n") for reader in record.readers])
    flips.invert_yaxis()
    flips.set(title="Labels that change", xlabel="share of the texts, with its 95% interval")
    for offset, order, color in ((-0.19, "in_order", "tab:blue"), (0.19, "shuffled", "0.6")):
        scores: list[Score] = [getattr(reader, order) for reader in record.readers]
        label = order.replace("_", " ")
        accuracy.barh(places + offset, [score.accuracy for score in scores], 0.36, color=color, label=label)
    accuracy.set(title="Accuracy", xlim=(0.0, 1.0), xlabel="right labels")
    accuracy.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False)
    for axes in (flips, accuracy):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    texts = f"{len(context.tokens.validation):,} {record.settings.split} texts"
    figure.suptitle(f"{context.corpus.name}: {texts}, their words in order and shuffled")
    save_figure(figure, path)


def _errors(record: WordOrder) -> list[list[float]]:
    below = [reader.share - reader.interval[0] for reader in record.readers]
    above = [reader.interval[1] - reader.share for reader in record.readers]
    return [[max(value, 0.0) for value in side] for side in (below, above)]
