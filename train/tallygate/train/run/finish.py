"""From the state of a run to its checkpoint, and from the checkpoint to its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tallygate.runtime.bundle import Temperatures, Training
from tallygate.runtime.version import VERSION
from tallygate.train.folder import LAYOUT, Checkpoint, RunFacts, load_checkpoint, save_checkpoint
from tallygate.train.loop import EncodedSplit
from tallygate.train.network import LSTMClassifier, parameter_count
from tallygate.train.run.beside import Beside
from tallygate.train.run.data import RunData
from tallygate.train.run.result import PartScore, Result
from tallygate.train.run.state import RunState
from tallygate.train.scores import (
    Calibration,
    Confidences,
    LengthBand,
    answers_from_logits,
    answers_of,
    bands_by_length,
    calibration_from_logits,
    confidences_from_logits,
    confusion_from_logits,
    coverage_points,
    crops_of,
    draw_confusion,
    draw_coverage,
    draw_lengths,
    draw_reliability,
    evaluate,
    fit_temperatures,
    score_from_logits,
)


def checkpoint_of_best(facts: RunFacts, data: RunData, state: RunState, beside: Beside | None = None) -> Checkpoint:
    """The best epoch so far, with the n-grams if there are any. Raises :class:`ValueError` before the first epoch."""
    if state.best is None:
        raise ValueError("no epoch is done yet")
    model = _lstm_of_best(facts, data, state)
    if beside is not None:
        assert state.best.mixture is not None
        model = beside.model(model, state.best.mixture)
    training = Training(
        data=data.name,
        preset=facts.preset_name,
        seed=facts.preset.training.seed,
        epochs=state.best.epoch,
        parameters=parameters_by_part(model),
        scores=[] if state.best.score is None else [state.best.score],
        created_with=VERSION,
    )
    return Checkpoint(
        model=model.eval(),
        vocabulary=data.vocabulary,
        text=data.text,
        labels=data.labels,
        temperatures=Temperatures.constant(state.best.temperature),
        training=training,
        data=facts.data,
    )


def _lstm_of_best(facts: RunFacts, data: RunData, state: RunState) -> LSTMClassifier:
    model = LSTMClassifier(data.architecture(facts.preset))
    model.load_state_dict(state.best_weights)
    return model


def parameters_by_part(model: LSTMClassifier) -> dict[str, int]:
    """Trained parameters of the embedding, the LSTM, the head and, where there are any, the n-grams."""
    counts = {name: parameter_count(getattr(model, name)) for name in ("embedding", "lstm", "head")}
    return counts if model.ngrams is None else counts | {"ngrams": model.ngrams.count()}


def finish_run(
    folder: Path,
    facts: RunFacts,
    data: RunData,
    state: RunState,
    preparation_seconds: float = 0.0,
    beside: Beside | None = None,
    rivals: Sequence[PartScore] = (),
) -> Result:
    """Score the checkpoint as it was written, on the test split where there is one; write scores and result."""
    checkpoint = _calibrated(load_checkpoint(folder), data)
    scored = _scored(checkpoint, data)
    trained = _with_test_score(checkpoint, data, scored)
    save_checkpoint(folder, trained)
    result = Result(
        training=trained.training,
        epochs_run=state.epochs,
        preparation_seconds=round(preparation_seconds, 1),
        seconds=round(sum(m.seconds for m in state.history), 1),
        threads=facts.threads,
        precision=facts.precision,
        rows=_rows(data),
        corpus=dict(data.facts),
        labels=data.labels,
        words=len(data.vocabulary),
        temperature=1.0 if state.best is None else state.best.temperature,
        temperatures=checkpoint.temperatures.law,
        confusion_split=scored[-1].name if scored else None,
        confusion=confusion_from_logits(scored[-1].logits, scored[-1].targets, data.labels) if scored else [],
        calibration=[split.calibration(checkpoint) for split in scored],
        by_length=scored[-1].by_length(checkpoint) if scored else [],
        coverage=coverage_points(scored[-1].confidences(checkpoint)) if scored else [],
        rivals=list(rivals),
        parts=[] if beside is None else _parts(data, _lstm_of_best(facts, data, state), beside),
    )
    if scored:
        _draw(folder, result, scored[-1].confidences(checkpoint), f"{data.name}, {scored[-1].name}")
    result.write(folder)
    return result


def _calibrated(checkpoint: Checkpoint, data: RunData) -> Checkpoint:
    """With temperatures by length, where anything is held out to fit them."""
    if not len(data.validation):
        return checkpoint
    return replace(checkpoint, temperatures=fit_temperatures(checkpoint.model, data.validation))


@dataclass(frozen=True)
class _ScoredSplit:
    """What the checkpoint answers to the texts of one split."""

    name: Literal["validation", "test"]
    split: EncodedSplit
    logits: Tensor

    @property
    def targets(self) -> NDArray[np.int64]:
        return self.split.targets

    def calibration(self, checkpoint: Checkpoint) -> Calibration:
        return calibration_from_logits(self.name, self.logits, self.targets, self._temperatures(checkpoint))

    def confidences(self, checkpoint: Checkpoint) -> Confidences:
        return confidences_from_logits(self.logits, self.targets, self._temperatures(checkpoint))

    def by_length(self, checkpoint: Checkpoint) -> list[LengthBand]:
        """Of the texts and of crops of them."""
        parts = [answers_from_logits(self.logits, self.split), answers_of(checkpoint.model, crops_of(self.split))]
        return bands_by_length(parts, checkpoint.temperatures)

    def _temperatures(self, checkpoint: Checkpoint) -> NDArray[np.float64]:
        return checkpoint.temperatures.of(list(map(len, self.split.rows)))


def _scored(checkpoint: Checkpoint, data: RunData) -> list[_ScoredSplit]:
    """Validation and test, as far as there are such; nothing where all was trained on."""
    splits: dict[Literal["validation", "test"], EncodedSplit] = {}
    if len(data.validation):
        splits["validation"] = data.validation
    if data.test is not None:
        splits["test"] = data.test
    return [_ScoredSplit(name, split, evaluate(checkpoint.model, split)) for name, split in splits.items()]


def _parts(data: RunData, lstm: LSTMClassifier, beside: Beside) -> list[PartScore]:
    """What LSTM and n-grams would answer each alone."""
    found, splits = [], list[tuple[Literal["validation", "test"], EncodedSplit | None]]()
    splits += [("validation", data.validation), ("test", data.test)]
    for name, split in splits:
        if split is not None and len(split):
            alone = {"LSTM": evaluate(lstm, split), "n-grams": beside.answers(split)}
            for part, logits in alone.items():
                score = score_from_logits(logits, split.targets, data.name, name)
                found.append(PartScore(part=part, score=score))
    return found


def _with_test_score(checkpoint: Checkpoint, data: RunData, scored: Sequence[_ScoredSplit]) -> Checkpoint:
    scores = [score for score in checkpoint.training.scores if score.split != "test"]
    scores += [score_from_logits(s.logits, s.targets, data.name, "test") for s in scored if s.name == "test"]
    return replace(checkpoint, training=msgspec.structs.replace(checkpoint.training, scores=scores))


def _draw(folder: Path, result: Result, answers: Confidences, title: str) -> None:
    draw_confusion(folder / LAYOUT.confusion, result.confusion, result.labels, title)
    draw_reliability(folder / LAYOUT.reliability, result.calibration[-1], title)
    if result.by_length:  # no length has enough texts where there are few
        draw_lengths(folder / LAYOUT.lengths, result.by_length, title)
    draw_coverage(folder / LAYOUT.coverage, answers, title)


def _rows(data: RunData) -> dict[str, int]:
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    return {name: len(split) for name, split in splits.items() if split is not None}
