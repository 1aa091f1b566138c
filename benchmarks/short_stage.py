"""The stage of short texts alone, from a finished checkpoint: what it changes on validation, in frames and in suites.

``python benchmarks/short_stage.py imdb build/short`` goes on from the shipped checkpoint (its labelled texts must be at
hand, TALLYGATE_IMDB) with ``[short]`` of the preset ``small-short``, or of ``--preset``, and writes a checkpoint that
``tallygate export`` takes. No test text is read. The same command goes on where it was cut off.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from tallygate.runtime.prediction import Prediction, PredictionMaker
from tallygate.runtime.suite import check_cases, counts_of, read_suite
from tallygate.runtime.terminal import table
from tallygate.runtime.text import Tokenizer
from tallygate.runtime.version import VERSION
from tallygate.train.folder import Checkpoint, RunFacts, load_checkpoint, shipped_checkpoint
from tallygate.train.loop import EncodedSplit
from tallygate.train.network import LSTMClassifier, cpu_settings
from tallygate.train.presets import Preset, TrainingPreset, load_preset
from tallygate.train.run.data import RunData, run_data_from_corpus
from tallygate.train.run.short import probabilities_of
from tallygate.train.run.state import Best
from tallygate.train.run.training import Run
from tallygate.train.scores import EpochMetrics, evaluate, fit_temperatures, score_from_logits
from tallygate.train.sentences import Part, draw

SUITES = Path(__file__).parents[1] / "examples" / "suites"
COUNT = 4_000
"""Sentences drawn for each row of the table."""


def main() -> None:
    """Train, then tell both models' figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of a checkpoint, or imdb for the shipped one")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--only-compare", nargs="*", metavar="RUN", help="train nothing; compare with these checkpoints"
    )
    parser.add_argument("--preset", default="small-short")
    parser.add_argument("--floor", type=int, default=40, help="pooling floor of the trained network")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    before = load_checkpoint(shipped_checkpoint() if arguments.run == "imdb" else arguments.run)
    preset = _preset(before, arguments.preset, arguments.floor, arguments.seed)
    with cpu_settings(1):
        data = run_data_from_corpus(before.data.load(), preset, before.vocabulary)
        models = {"before": before.model, f"floor {arguments.floor} alone": _model(before, data, preset)}
        if arguments.only_compare is None:
            arguments.out.mkdir(parents=True, exist_ok=True)
            _begun(before, preset, arguments.preset, data, arguments.out).train()
        for after in arguments.only_compare or [arguments.out]:
            models[Path(after).name] = load_checkpoint(after).model
        print(_table(models, data))


def _preset(before: Checkpoint, name: str, floor: int, seed: int) -> Preset:
    """One epoch that is taken for done, then the stage."""
    preset = load_preset(name)
    fields = {f: getattr(before.model.architecture, f) for f in preset.model.__struct_fields__}
    model = msgspec.structs.replace(preset.model, **{**fields, "pooling_floor": floor})
    training = TrainingPreset(epochs=1, keep="last", seed=seed)
    text = msgspec.structs.replace(preset.text, punctuation=before.text.punctuation, keep=before.text.keep)
    return msgspec.structs.replace(preset, text=text, model=model, training=training, tuning=None, teacher=None)


def _begun(before: Checkpoint, preset: Preset, name: str, data: RunData, out: Path) -> Run:
    facts = RunFacts(
        preset_name=name, preset=preset, data=before.data, threads=1, precision="float32", created_with=VERSION
    )
    facts.write(out)
    run = Run(out, facts, data)
    if not run.state.history:
        epoch = EpochMetrics(epoch=1, train_loss=0.0, train_accuracy=0.0, learning_rate=0.0, seconds=0.0)
        run.state.history.append(epoch)
        run.state.best = Best(epoch=1, temperature=1.0, score=None)
        run.state.best_weights = {name: tensor.clone() for name, tensor in before.model.state_dict().items()}
    return run


def _model(before: Checkpoint, data: RunData, preset: Preset) -> LSTMClassifier:
    model = LSTMClassifier(data.architecture(preset))
    model.load_state_dict(before.model.state_dict())
    return model.eval()


def _table(models: dict[str, LSTMClassifier], data: RunData) -> str:
    """Right answers by model: validation, then sentences by part, kind and family."""
    rows: list[list[object]] = [["validation", *(f"{_accuracy(model, data):.2%}" for model in models.values())]]
    for part, words in (
        ("trained", "trained"),
        ("trained", "held_out"),
        ("held_out", "trained"),
        ("held_out", "held_out"),
    ):
        rows += _rows(part, words, models, data)
    for suite in sorted(SUITES.glob("*.jsonl")):
        rows += _suite_rows(suite, models, data)
    return table(rows, ["", *models])


def _suite_rows(suite: Path, models: dict[str, LSTMClassifier], data: RunData) -> list[list[object]]:
    """Failures by model and capability, and wrong answers above 0.99; each model with temperatures by length."""
    cases = read_suite(suite, data.labels)
    counts = [counts_of(check_cases(cases, _predictor(model, data))) for model in models.values()]
    return [
        [f"{suite.stem}: {c[0].capability}, of {c[0].cases}", *(f"{count.failed} ({count.sure})" for count in c)]
        for c in zip(*counts, strict=True)
    ]


def _predictor(model: LSTMClassifier, data: RunData) -> Callable[[list[str]], Sequence[Prediction]]:
    maker = PredictionMaker(data.labels, fit_temperatures(model, data.validation).table, "pytorch", "fp32", "cpu")
    tokenizer = Tokenizer(data.vocabulary, data.text)

    def predict(texts: list[str]) -> Sequence[Prediction]:
        rows = [tokenizer.encode(text) for text in texts]
        logits = evaluate(model, EncodedSplit(rows, np.zeros(len(rows), np.int64)))
        return maker.make(logits.numpy(), [len(row) for row in rows])

    return predict


def _accuracy(model: LSTMClassifier, data: RunData) -> float:
    logits = evaluate(model, data.validation)
    return score_from_logits(logits, data.validation.targets, data.name, "validation").accuracy


def _rows(part: Part, words: Part, models: dict[str, LSTMClassifier], data: RunData) -> list[list[object]]:
    assert data.polar is not None
    sentences = [s for s in draw(COUNT, part, data.polar.part(words), 1) if s.label is not None]
    tokenizer = Tokenizer(data.vocabulary, data.text)
    wanted = np.array([s.label for s in sentences])
    split = EncodedSplit([tokenizer.encode(s.text) for s in sentences], wanted)
    right = {name: probabilities_of(model, split).argmax(axis=1) == wanted for name, model in models.items()}
    groups = {kind: np.array([s.frame.kind == kind for s in sentences]) for kind in ("operator", "twin", "aside")}
    operator = groups["operator"]
    families = sorted({s.frame.family for s in sentences})
    groups |= {f"  {f}": operator & np.array([s.frame.family == f for s in sentences]) for f in families}
    named = f"{part.replace('_', ' ')} frames, {words.replace('_', ' ')} words"
    return [[f"{named}: {name}", *(f"{right[m][g].mean():.0%}" for m in models)] for name, g in groups.items()]


if __name__ == "__main__":
    main()
