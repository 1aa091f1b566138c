"""Write docs/results.md from the files in docs/results: finished runs, and the parts of a study.

    make results

``docs/results/NAME`` holds what a run's folder has when it is finished (``result.json`` and its pictures), and
``docs/results/study`` what ``tallygate study --data imdb`` writes. Every measured number of the page comes from there.
What is not there is named, a line each, and left out of the page.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from results_study import missing, study, table

from tallygate.runtime.bundle import Score
from tallygate.runtime.outputs import write_text
from tallygate.train.presets import load_preset
from tallygate.train.run import Result

DOCS = Path(__file__).parent
RESULTS = DOCS / "results"
PAGE = DOCS / "results.md"
COMMAND = "make results"
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
    sections = [
        INTRODUCTION,
        *_recipes(runs),
        *_curves(runs),
        *_calibration(runs),
        *study(RESULTS / "study"),
        _published(),
    ]
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
            missing(RESULTS, f"{found[preset]} of {wanted} runs of the preset {preset}", RESULTS.parent)


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
    yield table(headers, rows)
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
            missing(run.folder, "its result.json has no calibration", RESULTS.parent)
    if not measured:
        return
    yield "## Calibration\n"
    yield (
        "Expected calibration error: 15 bins of equal width on the confidence (Guo et al. 2017), before and after the"
        " temperature\nthat was fitted on validation and that the bundle stores.\n"
    )
    yield table(["run", "split", "before", "after", "temperature"], [row for run in measured for row in _errors(run)])
    yield (
        "\nWhat is left when it abstains (`tallygate predict --abstain-below P`): accuracy, and the share of the texts"
        " that it answers.\n"
    )
    thresholds = [f"P = {threshold:g}" for threshold in SHOWN_THRESHOLDS]
    yield table(["run", *thresholds], [[run.name, *_answered(run)] for run in measured]) + "\n"
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
        missing(run.folder / name, "is missing", RESULTS.parent)
    if shown:
        yield f"`{run.command}`\n"
    for name in shown:
        yield f"![{run.name}: {pictures[name]}](results/{run.name}/{name})\n"


def _published() -> str:
    headers = ["published on the same test split", "accuracy", "source"]
    return "## In context\n\n" + table(headers, PUBLISHED)


if __name__ == "__main__":
    main()
