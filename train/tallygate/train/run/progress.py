"""What a user sees while a run trains: a bar on a terminal, and one line per epoch everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Never

from tqdm import tqdm

from tallygate.runtime.text import UNKNOWN
from tallygate.train.folder import RunFacts
from tallygate.train.loop import EpochTotals
from tallygate.train.presets import AUTO, describe_decided
from tallygate.train.run.data import RunData
from tallygate.train.run.stages import StagePlan, keeps_last, stages_of
from tallygate.train.say import say
from tallygate.train.scores import EpochMetrics

MOST_UNKNOWN = 0.5
"""Share of unknown words above which a user should know, as in languages that write no gaps between words."""


def opening(facts: RunFacts, data: RunData, parameters: int, epochs_done: int) -> list[str]:
    """Some lines that say what begins."""
    splits = {"training": data.train, "taught": data.distilled, "validation": data.validation, "test": data.test}
    rows = ", ".join(f"{len(split):,} {name}" for name, split in splits.items() if split is not None)
    network = f"{len(data.vocabulary):,} words, {parameters:,} parameters"
    machine = f"{facts.precision}, {facts.threads} thread{'s' if facts.threads > 1 else ''}"
    going_on = f"; going on after epoch {epochs_done}" if epochs_done else ""
    wanted, rows_found = facts.preset.text.vocabulary_size, data.vocabulary.size
    few = f"the training texts fill {rows_found:,} rows of the vocabulary, not {wanted:,}"
    return [
        f"{data.name}: {rows} texts; {network}; {machine}{going_on}",
        *([describe_decided(facts.preset)] if facts.preset_name == AUTO else []),
        *_short(facts, data),
        _will_keep(stages_of(facts.preset, data)[-1], data),
        *_left_out(data),
        *_skipped(data),
        *_strange(data),
        *([few] if rows_found < wanted else []),
    ]


def kept(epoch: int, last: StagePlan, data: RunData) -> str:
    """A line that says which epoch is kept, and why; ``last`` is the stage that was reached."""
    if last.pull is not None:
        return f"epoch {epoch} is kept, {_average(last)}"
    why = "the last" if keeps_last(last.settings, data) else "the best on the validation texts"
    return f"epoch {epoch} is kept, {why}"


def _average(stage: StagePlan) -> str:
    assert stage.pull is not None
    share = (1.0 - stage.pull) / stage.members
    return f"averaged: {stage.pull:.2g} of the weights before it, {share:.2g} of each of its {stage.members} trainings"


def _short(facts: RunFacts, data: RunData) -> list[str]:
    """What is said of a stage of short texts that cannot be."""
    short = facts.preset.short
    if short is None or data.polar is not None:
        return []
    return [f"no stage of short texts: its sentences are for the labels {short.negative} and {short.positive}"]


def _will_keep(last: StagePlan, data: RunData) -> str:
    """Which epoch will be kept in the end; ``last`` is the last stage."""
    if last.pull is not None:
        return f"the last epoch will be kept, {_average(last)}"
    if not len(data.validation):
        return "no validation texts: the last epoch will be kept, and scores have no fitted temperature"
    if keeps_last(last.settings, data):
        return "the last epoch will be kept, whichever is the best on the validation texts"
    return "the epoch that is the best on the validation texts will be kept"


def _left_out(data: RunData) -> list[str]:
    left_out = data.facts.get("left_out")
    counts = left_out.items() if isinstance(left_out, Mapping) else ()
    found = ", ".join(f"{count:,} {which}" for which, count in counts if count)
    return [f"left out, since they stand in both: {found}"] if found else []


def _skipped(data: RunData) -> list[str]:
    skipped = data.facts.get("skipped")
    if not isinstance(skipped, Mapping) or not skipped.get("rows"):
        return []
    return [f"bad rows left out: {skipped['rows']:,} ({'; '.join(skipped['first'])})"]


def _strange(data: RunData) -> list[str]:
    rows = data.validation.rows
    share = sum(row.count(UNKNOWN) for row in rows) / max(1, sum(map(len, rows)))
    if share <= MOST_UNKNOWN:
        return []
    return [f"{share:.0%} of the validation texts' tokens are unknown words; words are what letters without a gap make"]


class Progress:
    """A bar over all batches of a run, on stderr; it draws itself on a terminal only. A context manager."""

    def __init__(self, epochs: int, steps: int, steps_done: int, silent: bool = False) -> None:
        """``epochs`` and ``steps`` are those of all stages together.

        ``silent`` is for processes that help another one, which speaks."""
        self._epochs, self._silent = epochs, silent
        self._bar: tqdm[Never] = tqdm(
            total=steps,
            initial=steps_done,
            unit="batch",
            disable=True if silent else None,
            dynamic_ncols=True,
            leave=False,
        )

    def step(self, totals: EpochTotals) -> None:
        """Count one batch."""
        self._bar.set_description_str(f"epoch {totals.epoch}/{self._epochs}", refresh=False)
        figures = f"loss {totals.mean_loss:.4f}, accuracy {totals.accuracy:.2%}"
        self._bar.set_postfix_str(figures, refresh=False)
        self._bar.update()

    def epoch(self, metrics: EpochMetrics, is_best: bool) -> None:
        """Print the line of one epoch; ``is_best`` says that none before it is as good on the validation texts."""
        training = f"loss {metrics.train_loss:.4f}, accuracy {metrics.train_accuracy:.2%}"
        validation = ""
        if metrics.validation_loss is not None:
            best = " (best)" if is_best else ""
            figures = f"loss {metrics.validation_loss:.4f}, accuracy {metrics.validation_accuracy:.2%}"
            validation = f"; validation {figures}{best}"
        self.line(f"epoch {metrics.epoch}/{self._epochs}: {training}{validation}; {metrics.seconds:.1f} s")

    def line(self, line: str) -> None:
        """Print a line without disturbing the bar."""
        if not self._silent:
            say(line)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
