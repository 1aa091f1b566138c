"""``result.json``: what a finished run reached, and how it is told to a person."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tallygate.runtime.bundle import Score, Training
from tallygate.runtime.errors import CheckpointError
from tallygate.runtime.outputs import write_json
from tallygate.runtime.terminal import table
from tallygate.train.folder import LAYOUT
from tallygate.train.scores import Calibration, CoveragePoint, LengthBand

MOST_COLUMNS = 12
"""Labels up to which the whole confusion matrix is shown on a terminal."""
MOST_PAIRS = 10


class PartScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How good one part of the model is without the others, or another classifier."""

    part: str
    """``LSTM`` or ``n-grams``, or the other's name."""
    score: Score


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``result.json``."""

    training: Training
    """Of the weights that were kept; ``scores`` holds validation and, where the data has one, test."""
    epochs_run: int
    seconds: float
    """Time of all epochs, validation included."""
    preparation_seconds: float = 0.0
    """Time of teachers, pretraining and shared rows before them; teachers that were at hand count as when made, but for
    a network that was trained first: it is a run of its own."""
    threads: int
    precision: str
    rows: dict[str, int]
    """Texts in each split."""
    corpus: dict[str, object]
    """Where the texts came from, their hashes, and what was left out."""
    labels: tuple[str, ...]
    words: int
    """Words in the vocabulary."""
    temperature: float
    """The best one for whole validation texts: what ``temperatures`` improve on."""
    temperatures: str = ""
    """The law of the temperatures by length that are kept; empty in results of before there was one."""
    confusion_split: str | None
    """``None`` where nothing was held out; the rest is then empty."""
    confusion: list[list[int]]
    """Texts by true label (rows) and predicted label (columns)."""
    calibration: list[Calibration] = []
    """Of validation and of ``confusion_split``, where that is another; empty in results of before it was measured."""
    by_length: list[LengthBand] = []
    """Of the texts of ``confusion_split`` and of crops of them; empty likewise."""
    coverage: list[CoveragePoint] = []
    """Of ``confusion_split``, by rising threshold; empty likewise."""
    parts: list[PartScore] = []
    """Of LSTM and n-grams each alone, where the model has both."""
    rivals: list[PartScore] = []
    """Of classifiers that take seconds, trained and asked on the same texts, where the preset asks for them."""

    def write(self, folder: Path) -> None:
        """Write ``result.json``. Raises :class:`OutputError` when the folder cannot be written."""
        write_json(folder / LAYOUT.result, self)

    @classmethod
    def read(cls, folder: Path) -> Result | None:
        """What ``result.json`` says, ``None`` where there is none. Raises :class:`CheckpointError` if it is damaged."""
        path = folder / LAYOUT.result
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            mend = "remove it and go on with --resume, which writes it again"
            raise CheckpointError(path, f"is damaged ({error})", mend) from error


def summary(result: Result) -> str:
    """Some lines for a terminal."""
    training = result.training
    parts = " + ".join(f"{name} {count:,}" for name, count in training.parameters.items())
    lines = [
        ("run", f"{training.data}, preset {training.preset}, seed {training.seed}"),
        ("epochs", f"{result.epochs_run} in {result.seconds:.0f} s, epoch {training.epochs} kept"),
        *([("prepared", f"in {result.preparation_seconds:.0f} s")] if result.preparation_seconds else []),
        ("parameters", f"{sum(training.parameters.values()):,} = {parts}"),
        *((score.split, _score_line(score)) for score in training.scores),
        *((f"{part.score.split}, {part.part} alone", _alone_line(part.score)) for part in result.parts),
        *([] if training.scores else [("scores", "none, since nothing was held out")]),
        ("temperature", f"{result.temperatures or f'{result.temperature:.3f}'}{_fitted(result)}"),
        *(("calibration error", _calibration_line(calibration)) for calibration in result.calibration),
        *([("calibration error", _bands_line(result))] if result.by_length else []),
    ]
    facts = table(lines, style="plain")
    return facts if result.confusion_split is None else f"{facts}\n\n{_confusion_table(result)}"


def _fitted(result: Result) -> str:
    return "" if result.rows.get("validation") else ", for nothing was held out to fit it"


def _score_line(score: Score) -> str:
    low, high = score.interval
    interval = f"95% interval {low:.2%} to {high:.2%}"
    return f"{score.accuracy:.2%} of {score.rows:,} texts ({interval}), macro-F1 {score.macro_f1:.4f}"


def _alone_line(score: Score) -> str:
    return f"{score.accuracy:.2%}, macro-F1 {score.macro_f1:.4f}"


def _calibration_line(calibration: Calibration) -> str:
    before, after = calibration.before.error, calibration.after.error
    return f"{after:.2%} on {calibration.split} ({before:.2%} without temperatures)"


def _bands_line(result: Result) -> str:
    """The short texts' errors, which those of whole texts may hide."""
    bands = ", ".join(f"{band.after.error:.1%} of {band.tokens}" for band in result.by_length)
    return f"by tokens of the texts and crops of them: {bands}"


def _confusion_table(result: Result) -> str:
    """Every pair of labels; of many labels the pairs that are confused most."""
    if len(result.labels) > MOST_COLUMNS:
        return _confused_pairs(result)
    counted = zip(result.labels, result.confusion, strict=True)
    rows = [[label, *(f"{count:,}" for count in counts)] for label, counts in counted]
    headers = [f"{result.confusion_split}: true \\ predicted", *result.labels]
    return table(rows, headers, align=["left", *["right"] * len(result.labels)])


def _confused_pairs(result: Result) -> str:
    pairs = [
        (count, true, predicted)
        for true, counts in zip(result.labels, result.confusion, strict=True)
        for predicted, count in zip(result.labels, counts, strict=True)
        if count and true != predicted
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    rows = [(true, predicted, f"{count:,}") for count, true, predicted in pairs[:MOST_PAIRS]]
    shown = table(rows, [f"{result.confusion_split}: true", "predicted", "texts"], align=["left", "left", "right"])
    more = len(pairs) - len(rows)
    return f"{shown}\n\n{more:,} more pairs are in {LAYOUT.result}" if more else shown
