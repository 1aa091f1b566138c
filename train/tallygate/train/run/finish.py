"""From the state of a run to its checkpoint, and from the checkpoint to its scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from tallygate.runtime.bundle import Training
from tallygate.runtime.version import VERSION
from tallygate.train.folder import LAYOUT, Checkpoint, RunFacts, load_checkpoint, save_checkpoint
from tallygate.train.network import LSTMClassifier, parameter_count
from tallygate.train.run.data import RunData
from tallygate.train.run.result import Result
from tallygate.train.run.state import RunState
from tallygate.train.scores import (
    Calibration,
    calibration_from_logits,
    confidences_from_logits,
    confusion_from_logits,
    coverage_points,
    draw_confusion,
    draw_coverage,
    draw_reliability,
    evaluate,
    score_from_logits,
)


def checkpoint_of_best(facts: RunFacts, data: RunData, state: RunState) -> Checkpoint:
    """The best epoch so far. Raises :class:`ValueError` before the first epoch."""
    if state.best is None:
        raise ValueError("no epoch is done yet")
    model = LSTMClassifier(data.architecture(facts.preset))
    model.load_state_dict(state.best_weights)
    training = Training(
        data=data.name,
        preset=facts.preset_name,
        seed=facts.preset.training.seed,
        epochs=state.best.epoch,
        parameters=parameters_by_part(model),
        scores=[state.best.score],
        created_with=VERSION,
    )
    return Checkpoint(
        model=model.eval(),
        vocabulary=data.vocabulary,
        text=data.text,
        labels=data.labels,
        temperature=state.best.temperature,
        training=training,
        data=facts.data,
    )


def parameters_by_part(model: LSTMClassifier) -> dict[str, int]:
    """Trained parameters of the embedding, the LSTM and the head."""
    return {name: parameter_count(getattr(model, name)) for name in ("embedding", "lstm", "head")}


def finish_run(
    folder: Path, facts: RunFacts, data: RunData, state: RunState, preparation_seconds: float = 0.0
) -> Result:
    """Score the checkpoint as it was written, on the test split where there is one; write scores and result."""
    checkpoint = load_checkpoint(folder)
    split, name = (data.validation, "validation") if data.test is None else (data.test, "test")
    logits = evaluate(checkpoint.model, split)
    calibration = calibration_from_logits(name, logits, split.targets, checkpoint.temperature)
    answers = confidences_from_logits(logits, split.targets, checkpoint.temperature)
    scores = checkpoint.training.scores
    if data.test is not None:
        scores = [scores[0], score_from_logits(logits, split.targets, data.name, "test")]
    scored = replace(checkpoint, training=msgspec.structs.replace(checkpoint.training, scores=scores))
    save_checkpoint(folder, scored)
    result = Result(
        training=scored.training,
        epochs_run=state.epochs,
        preparation_seconds=round(preparation_seconds, 1),
        seconds=round(sum(m.seconds for m in state.history), 1),
        threads=facts.threads,
        precision=facts.precision,
        rows=_rows(data),
        corpus=dict(data.facts),
        labels=data.labels,
        words=len(data.vocabulary),
        temperature=checkpoint.temperature,
        confusion_split=name,
        confusion=confusion_from_logits(logits, split.targets, data.labels),
        calibration=_calibrations(checkpoint, data, calibration),
        coverage=coverage_points(answers),
    )
    title = f"{data.name}, {name}"
    draw_confusion(folder / LAYOUT.confusion, result.confusion, data.labels, title)
    draw_reliability(folder / LAYOUT.reliability, result.calibration[-1], title)
    draw_coverage(folder / LAYOUT.coverage, answers, title)
    result.write(folder)
    return result


def _calibrations(checkpoint: Checkpoint, data: RunData, scored: Calibration) -> list[Calibration]:
    """Of validation too, where that is not the split that is scored."""
    if data.test is None:
        return [scored]
    logits, targets = evaluate(checkpoint.model, data.validation), data.validation.targets
    return [calibration_from_logits("validation", logits, targets, checkpoint.temperature), scored]


def _rows(data: RunData) -> dict[str, int]:
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    return {name: len(split) for name, split in splits.items() if split is not None}
