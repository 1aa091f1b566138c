"""What classifiers that take seconds reach on the texts of a run, and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tallygate.runtime.bundle import Score
from tallygate.runtime.text import Splitter
from tallygate.train.baselines import rival_answers
from tallygate.train.corpora import Corpus, Split
from tallygate.train.presets import Preset
from tallygate.train.run.result import PartScore, Result
from tallygate.train.say import say
from tallygate.train.scores import score_from_labels

MOST_TOKENS = 3_000_000
"""Training tokens above which they are left to ``tallygate study``: they would take minutes and gigabytes."""


def rivals_of(corpus: Corpus, preset: Preset) -> list[PartScore]:
    """The scores of baselines on validation and test, where the preset asks for them and anything is held out."""
    splits = _held_out(corpus) if preset.baselines else []
    if not splits:
        return []
    splitter = Splitter(preset.text.punctuation)
    train = [splitter.split(text) for text in corpus.train.texts]
    if sum(map(len, train)) > MOST_TOKENS:
        say("baselines were left out, for the texts are many; `tallygate study` trains them")
        return []
    asked = [[splitter.split(text) for text in split.texts] for _, split in splits]
    answers = rival_answers(train, corpus.targets(corpus.train), asked, preset.training.seed)
    return [
        PartScore(part=rival.name, score=score_from_labels(found, corpus.targets(split), corpus.name, name))
        for rival in answers
        for (name, split), found in zip(splits, rival.splits, strict=True)
    ]


def comparison(result: Result) -> list[str]:
    """Lines that compare the model with the baselines on the split that is scored last; none where there are none."""
    if not result.rivals or not result.training.scores:
        return []
    own = result.training.scores[-1]
    rivals = [rival for rival in result.rivals if rival.score.split == own.split]
    told = ", ".join(f"{rival.part} {rival.score.accuracy:.1%}" for rival in rivals)
    lines = [f"on the same {own.rows:,} {own.split} texts: {told}, this model {own.accuracy:.1%}"]
    best = max(rivals, key=lambda rival: rival.score.accuracy)
    return lines if own.accuracy >= best.score.accuracy else [*lines, _lost(best, own)]


def _lost(best: PartScore, own: Score) -> str:
    low, high = own.interval
    lead, width = best.score.accuracy - own.accuracy, (high - low) / 2
    sure = "so few texts cannot tell them apart" if lead < width else "use that, or try another preset"
    return f"{best.part} is better here by {100 * lead:.1f} points ({sure}: +-{100 * width:.1f})"


def _held_out(corpus: Corpus) -> Sequence[tuple[Literal["validation", "test"], Split]]:
    splits: list[tuple[Literal["validation", "test"], Split]] = []
    if len(corpus.validation):
        splits.append(("validation", corpus.validation))
    if corpus.test is not None and len(corpus.test):
        splits.append(("test", corpus.test))
    return splits
