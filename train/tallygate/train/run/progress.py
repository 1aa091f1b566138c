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
from tallygate.train.say import say
from tallygate.train.scores import EpochMetrics

MOST_UNKNOWN = 0.5
"""Share of unknown words above which a user should know, as in languages that write no gaps between words."""


def opening(facts: RunFacts, data: RunData, parameters: int, epochs_done: int) -> str:
    """One or two lines that say what begins."""
    splits = {"training": data.train, "taught": data.distilled, "validation": data.validation, "test": data.test}
    rows = ", ".join(f"{len(split):,} {name}" for name, split in splits.items() if split is not None)
    network = f"{len(data.vocabulary):,} words, {parameters:,} parameters"
    machine = f"{facts.precision}, {facts.threads} thread{'s' if facts.threads > 1 else ''}"
    line = f"{data.name}: {rows} texts; {network}; {machine}"
    if epochs_done:
        line += f"; going on after epoch {epochs_done}"
    if facts.preset_name == AUTO:
        line += f"\n{describe_decided(facts.preset)}"
    line += _skipped(data) + _strange(data)
    wanted = facts.preset.text.vocabulary_size
    if data.vocabulary.size < wanted:
        line += f"\nthe training texts fill {data.vocabulary.size:,} rows of the vocabulary, not {wanted:,}"
    return line


def _skipped(data: RunData) -> str:
    skipped = data.facts.get("skipped")
    if not isinstance(skipped, Mapping) or not skipped.get("rows"):
        return ""
    return f"\nbad rows left out: {skipped['rows']:,} ({'; '.join(skipped['first'])})"


def _strange(data: RunData) -> str:
    rows = data.validation.rows
    share = sum(row.count(UNKNOWN) for row in rows) / max(1, sum(map(len, rows)))
    if share <= MOST_UNKNOWN:
        return ""
    return f"\n{share:.0%} of the validation texts' tokens are unknown words; words are what letters without a gap make"


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
        """Print the line of one epoch."""
        line = (
            f"epoch {metrics.epoch}/{self._epochs}: loss {metrics.train_loss:.4f}, "
            f"accuracy {metrics.train_accuracy:.2%}; validation loss {metrics.validation_loss:.4f}, "
            f"accuracy {metrics.validation_accuracy:.2%}{' (best)' if is_best else ''}; {metrics.seconds:.1f} s"
        )
        self.line(line)

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
