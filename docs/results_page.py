"""Write docs/results.md from the files in docs/results: finished runs, and the parts of a study.

    make results

``docs/results/NAME`` holds what a run's folder has when it is finished (``result.json`` and its pictures), and
``docs/results/study`` what ``tallygate study --data imdb`` writes. Every measured number of the page comes from there.
What is not there is named, a line each, and left out of the page.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from tabulate import tabulate

from tallygate.runtime.bundle import Score
from tallygate.runtime.outputs import write_text
from tallygate.train.presets import load_preset
from tallygate.train.run import Result
from tallygate.train.study.activations import Activations
from tallygate.train.study.cue_task import TITLES
from tallygate.train.study.embeddings import Embeddings
from tallygate.train.study.gradient_record import Gradients
from tallygate.train.study.long_dependency import Dependency
from tallygate.train.study.word_order import WordOrder

DOCS = Path(__file__).parent
RESULTS = DOCS / "results"
PAGE = DOCS / "results.md"
COMMAND = "make results"
STUDY_COMMAND = "tallygate study --data imdb"
RUNS_BY_PRESET = {"seed": 1, "small": 3, "large": 1}
"""Finished runs that the page should have: `small` is a mean over seeds."""
SHOWN_THRESHOLDS = (0.0, 0.8, 0.9, 0.95, 0.99)
"""Of ``predict --abstain-below``."""

INTRODUCTION = f"""# Results

`{COMMAND}` wrote this page from the files in [results](results). Everything was trained on one core of one machine, on
the [Large Movie Review Dataset](https://ai.stanford.edu/~amaas/data/sentiment/); choices were made on 2,500 reviews
held out of the training split, and the test split was scored once per run. Texts that stand in the test split too were
dropped from whatever was trained on, texts without labels included.
"""
PUBLISHED = [
    ("the report: Embedding(5000, 32), LSTM(100), 10 epochs", "85.00%", "the report"),
    ("tuned LSTM", "86.5%", "Dai & Le 2015"),
    ("LSTM on word2vec", "90.0%", "Dai & Le 2015"),
    ("fastText, bigrams", "90.6%", "its authors' settings; unigrams 88.1%"),
    ("NB-SVM, bigrams; trigrams", "91.2%; 91.9%", "Wang & Manning 2012; Mesnil et al. 2015"),
    ("paragraph vectors", "92.6%", "Le & Mikolov 2014"),
    ("SA-LSTM", "92.8%", "Dai & Le 2015"),
    ("oh-LSTM with tv-embeddings", "94.06%", "Johnson & Zhang 2016"),
    ("virtual adversarial training", "94.1%", "Miyato et al. 2017"),
    ("ULMFiT", "95.4%", "Howard & Ruder 2018"),
    ("BiLSTM, mixed objective", "95.7%", "Sachan et al. 2019"),
]


@dataclass(frozen=True)
class Run:
    """A finished run's folder."""

    folder: Path
    result: Result

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.folder.name

    @property
    def score(self) -> Score:
        """On the test split."""
        return self.result.training.scores[-1]

    @property
    def command(self) -> str:
        """What trains it."""
        seed = self.result.training.seed
        return f"tallygate train --data imdb --preset {self.result.training.preset}{f' --seed {seed}' if seed else ''}"


def main() -> None:
    """Write the page."""
    write_text(PAGE, page())


def page() -> str:
    """The page, as its files say now."""
    runs = sorted(_runs(), key=lambda run: (sum(run.result.training.parameters.values()), run.name))
    sections = [INTRODUCTION, *_recipes(runs), *_curves(runs), *_calibration(runs), *_study(), _published()]
    return "\n".join(section.rstrip() + "\n" for section in sections)


def _runs() -> Iterator[Run]:
    found: Counter[str] = Counter()
    for path in sorted(RESULTS.glob("*/result.json")):
        result = Result.read(path.parent)
        assert result is not None
        found[result.training.preset] += 1
        yield Run(path.parent, result)
    for preset, wanted in RUNS_BY_PRESET.items():
        if found[preset] < wanted:
            _missing(RESULTS, f"{found[preset]} of {wanted} runs of the preset {preset}")


def _missing(where: Path, what: str) -> None:
    print(f"{where.relative_to(RESULTS.parent)}: {what}")


def _recipes(runs: Sequence[Run]) -> Iterator[str]:
    rows = [
        (
            f"[{run.name}](results/{run.name})",
            f"{sum(run.result.training.parameters.values()):,}",
            run.result.training.seed,
            f"{run.result.training.scores[0].accuracy:.2%}",
            f"{run.score.accuracy:.2%}",
            "{:.2%} to {:.2%}".format(*run.score.interval),
            run.result.epochs_run,
            f"{(run.result.preparation_seconds + run.result.seconds) / 60:.0f}",
            f"`{run.command}`",
        )
        for run in runs
    ]
    headers = ["run", "parameters", "seed", "validation", "test", "95% interval", "epochs", "minutes", "command"]
    yield "## Recipes\n"
    yield _table(headers, rows)
    yield (
        "\nMinutes are by the clock, on a machine that had other work too, from raw texts to the last epoch: teachers,"
        " pretraining and\nshared rows included, also where an earlier run had left them in the cache.\n"
    )
    yield from _networks(runs)
    yield from _means(runs)


def _networks(runs: Sequence[Run]) -> Iterator[str]:
    for preset in sorted({run.result.training.preset for run in runs}):
        teacher = load_preset(preset).teacher
        if teacher is not None and teacher.network is not None:
            yield (
                f"`{preset}` learns from `{teacher.network}` as well, which is trained first where the cache has no run"
                " of it; its minutes\nare in its own row.\n"
            )


def _means(runs: Sequence[Run]) -> Iterator[str]:
    by_preset: dict[str, list[float]] = {}
    for run in runs:
        by_preset.setdefault(run.result.training.preset, []).append(run.score.accuracy)
    for preset, accuracies in by_preset.items():
        if len(accuracies) > 1:
            mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
            yield f"`{preset}`, mean of {len(accuracies)} seeds on test: **{mean:.2%} +- {deviation:.2%}**.\n"


def _curves(runs: Sequence[Run]) -> Iterator[str]:
    yield "## Validation curves\n"
    for run in runs:
        yield from _pictures(run, {"curve.png": "loss and accuracy by epoch"})


def _calibration(runs: Sequence[Run]) -> Iterator[str]:
    measured = [run for run in runs if run.result.calibration]
    for run in runs:
        if run not in measured:
            _missing(run.folder, "its result.json has no calibration")
    if not measured:
        return
    yield "## Calibration\n"
    yield (
        "Expected calibration error: 15 bins of equal width on the confidence (Guo et al. 2017), before and after the"
        " temperature\nthat was fitted on validation and that the bundle stores.\n"
    )
    yield _table(["run", "split", "before", "after", "temperature"], [row for run in measured for row in _errors(run)])
    yield (
        "\nWhat is left when it abstains (`tallygate predict --abstain-below P`): accuracy, and the share of the texts"
        " that it answers.\n"
    )
    thresholds = [f"P = {threshold:g}" for threshold in SHOWN_THRESHOLDS]
    yield _table(["run", *thresholds], [[run.name, *_answered(run)] for run in measured]) + "\n"
    for run in measured:
        pictures = {
            "reliability.png": "accuracy against confidence, before and after the temperature",
            "coverage.png": "accuracy against the share answered",
        }
        yield from _pictures(run, pictures)


def _errors(run: Run) -> Iterator[list[str]]:
    for split in run.result.calibration:
        errors = f"{split.before.error:.2%}", f"{split.after.error:.2%}"
        yield [run.name, split.split, *errors, f"{run.result.temperature:.3f}"]


def _answered(run: Run) -> Iterator[str]:
    by_threshold = {point.threshold: point for point in run.result.coverage}
    for threshold in SHOWN_THRESHOLDS:
        point = by_threshold.get(threshold)
        if point is None or point.accuracy is None:
            yield "-"
        else:
            yield f"{point.accuracy:.2%} of {point.answered:.1%}"


def _pictures(run: Run, pictures: Mapping[str, str]) -> Iterator[str]:
    """With the command that makes them."""
    shown = [name for name in pictures if (run.folder / name).exists()]
    for name in pictures.keys() - shown:
        _missing(run.folder / name, "is missing")
    if shown:
        yield f"`{run.command}`\n"
    for name in shown:
        yield f"![{run.name}: {pictures[name]}](results/{run.name}/{name})\n"


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return tabulate(rows, headers, "github", disable_numparse=True)


def _study() -> Iterator[str]:
    yield f"## Study\n\n`{STUDY_COMMAND}` made what follows; `--only PART` makes one part.\n"
    for part, section in STUDY.items():
        folder = RESULTS / "study" / part
        try:
            yield from list(section(folder))
        except FileNotFoundError as error:
            _missing(Path(error.filename), "is missing, and with it a section of the page")


def _baselines(folder: Path) -> Iterator[str]:
    _, _, body = (folder / "study.md").read_text("utf-8").partition("\n")
    yield f"### Baselines (`--only baselines`)\n{body}"
    yield _study_picture(folder, "study", "accuracy against what a deployment stores, and against speed")


def _long_dependency(folder: Path) -> Iterator[str]:
    record = _read(folder / "long_dependency.json", Dependency)
    distances, seeds = record.settings.distances, len({point.seed for point in record.points})
    rows = [[title, *(_accuracy(record, kind, distance) for distance in distances)] for kind, title in TITLES.items()]
    yield (
        "### Long dependencies (`--only long_dependency`)\n\n"
        "One word at the beginning decides the label, k words of noise follow. Accuracy on texts of exactly k, mean of"
        f" {seeds} seed{'' if seeds == 1 else 's'} after at most {record.settings.steps} steps; a guess is right"
        f" {record.chance:.0%} of the time.\n"
    )
    yield _table(["k", *map(str, distances)], rows) + "\n"
    yield _study_picture(folder, "long_dependency", "accuracy against the distance of the cue")


def _accuracy(record: Dependency, kind: str, distance: int) -> str:
    found = [point.accuracy for point in record.points if (point.kind, point.distance) == (kind, distance)]
    return f"{statistics.mean(found):.1%}" if found else "-"


def _gradients(folder: Path) -> Iterator[str]:
    record = _read(folder / "gradients.json", Gradients)
    rows = [(state.name, f"{state.norms[0]:.1e}", f"{state.norms[-1]:.1e}") for state in record.vanishing]
    rows += [
        (f"simple RNN, {state.name}", f"{state.norms[0]:.1e}", f"{state.norms[-1]:.1e}") for state in record.exploding
    ]
    yield (
        "### Gradients (`--only gradients`)\n\n"
        f"Norm of dLoss/dh_t after the first word and at the last of {record.settings.distance} words: what is left of"
        " the gradient on its way back. A gain multiplies the simple RNN's orthogonal recurrent weights.\n"
    )
    yield _table(["network", "first", "last"], rows) + "\n"
    yield _study_picture(folder, "gradients", "gradients along the sequence, and training with and without clipping")


def _word_order(folder: Path) -> Iterator[str]:
    record = _read(folder / "word_order.json", WordOrder)
    rows = [
        (
            reader.name,
            f"{reader.share:.2%}",
            "{:.2%} to {:.2%}".format(*reader.interval),
            f"{reader.in_order.accuracy:.2%}",
            f"{reader.shuffled.accuracy:.2%}",
        )
        for reader in record.readers
    ]
    headers = ["reader", "labels that flip", "95% interval", "accuracy in order", "shuffled"]
    yield (
        "### Word order (`--only word_order`)\n\n"
        f"The words of every {record.settings.split} text in random order: how many labels change.\n"
    )
    yield _table(headers, rows) + "\n"
    yield _study_picture(folder, "word_order", "labels that flip when words are shuffled")


def _activations(folder: Path) -> Iterator[str]:
    record = _read(folder / "activations.json", Activations)
    rows = [(f"`{name}`", curve.formula, curve.derivative_formula) for name, curve in record.curves.items()]
    yield f"### Activations (`--only activations`)\n\n{record.note} A preset's `head_activation` names one of them.\n"
    yield _table(["name", "f(z)", "f'(z)"], rows) + "\n"
    yield _study_picture(folder, "activations", "six activation functions and their derivatives")


def _embeddings(folder: Path) -> Iterator[str]:
    record = _read(folder / "embeddings.json", Embeddings)
    yield "### Embeddings (`--only embeddings`)\n\nword2vec on the training texts and those without a label.\n"
    rows = [
        (r.kind, f"{r.words:,}", f"{r.analogies.right} of {r.analogies.asked}", r.analogies.among_five)
        for r in record.reports
    ]
    headers = ["vectors", "words", "analogies right (king - man + woman = queen, ...)", "among the five nearest"]
    yield _table(headers, rows) + "\n"
    for report in record.reports:
        neighbours = [(query, ", ".join(word for word, _ in near)) for query, near in report.neighbours.items()]
        yield _table([f"{report.kind}: word", "nearest words"], neighbours) + "\n"
    yield _study_picture(folder, "embeddings", "words on the axis from the one label to the other")


T = TypeVar("T")


def _read(path: Path, kind: type[T]) -> T:
    return msgspec.json.decode(path.read_bytes(), type=kind)


def _study_picture(folder: Path, name: str, what: str) -> str:
    if not (folder / f"{name}.png").exists():
        _missing(folder / f"{name}.png", "is missing")
        return ""
    return f"![{what}](results/study/{folder.name}/{name}.png)\n"


STUDY: dict[str, Callable[[Path], Iterator[str]]] = {
    "baselines": _baselines,
    "long_dependency": _long_dependency,
    "gradients": _gradients,
    "word_order": _word_order,
    "activations": _activations,
    "embeddings": _embeddings,
}


def _published() -> str:
    headers = ["published on the same test split", "accuracy", "source"]
    return "## In context\n\n" + _table(headers, PUBLISHED)


if __name__ == "__main__":
    main()
