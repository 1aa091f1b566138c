"""The part "Study" of docs/results.md, from what ``tallygate study --data imdb`` wrote into docs/results/study.

Each part of the study left a record of its own kind; a section turns one record into text, a table and its picture.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from tabulate import tabulate

from tallygate.train.study.activations import Activations
from tallygate.train.study.cue_task import TITLES
from tallygate.train.study.embeddings import Embeddings
from tallygate.train.study.gradient_record import Gradients
from tallygate.train.study.long_dependency import Dependency
from tallygate.train.study.word_order import WordOrder

COMMAND = "tallygate study --data imdb"


def missing(where: Path, what: str, docs: Path) -> None:
    """Say that a file below ``docs`` is not as the page wants it."""
    print(f"{where.relative_to(docs)}: {what}")


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """In Markdown, every cell as it is."""
    return tabulate(rows, headers, "github", disable_numparse=True)


def study(folder: Path) -> Iterator[str]:
    """The sections of the parts that are in the folder; what is not there is named and left out."""
    yield f"## Study\n\n`{COMMAND}` made what follows; `--only PART` makes one part.\n"
    for part, section in STUDY.items():
        try:
            yield from list(section(folder / part))
        except FileNotFoundError as error:
            missing(Path(error.filename), "is missing, and with it a section of the page", folder.parents[1])


def _baselines(folder: Path) -> Iterator[str]:
    _, _, body = (folder / "study.md").read_text("utf-8").partition("\n")
    yield f"### Baselines (`--only baselines`)\n{body}"
    yield _picture(folder, "study", "accuracy against what a deployment stores, and against speed")


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
    yield table(["k", *map(str, distances)], rows) + "\n"
    yield _picture(folder, "long_dependency", "accuracy against the distance of the cue")


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
    yield table(["network", "first", "last"], rows) + "\n"
    yield _picture(folder, "gradients", "gradients along the sequence, and training with and without clipping")


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
    yield table(headers, rows) + "\n"
    yield _picture(folder, "word_order", "labels that flip when words are shuffled")


def _activations(folder: Path) -> Iterator[str]:
    record = _read(folder / "activations.json", Activations)
    rows = [(f"`{name}`", curve.formula, curve.derivative_formula) for name, curve in record.curves.items()]
    yield f"### Activations (`--only activations`)\n\n{record.note} A preset's `head_activation` names one of them.\n"
    yield table(["name", "f(z)", "f'(z)"], rows) + "\n"
    yield _picture(folder, "activations", "six activation functions and their derivatives")


def _embeddings(folder: Path) -> Iterator[str]:
    record = _read(folder / "embeddings.json", Embeddings)
    yield "### Embeddings (`--only embeddings`)\n\nword2vec on the training texts and those without a label.\n"
    rows = [
        (r.kind, f"{r.words:,}", f"{r.analogies.right} of {r.analogies.asked}", r.analogies.among_five)
        for r in record.reports
    ]
    headers = ["vectors", "words", "analogies right (king - man + woman = queen, ...)", "among the five nearest"]
    yield table(headers, rows) + "\n"
    for report in record.reports:
        neighbours = [(query, ", ".join(word for word, _ in near)) for query, near in report.neighbours.items()]
        yield table([f"{report.kind}: word", "nearest words"], neighbours) + "\n"
    yield _picture(folder, "embeddings", "words on the axis from the one label to the other")


T = TypeVar("T")


def _read(path: Path, kind: type[T]) -> T:
    return msgspec.json.decode(path.read_bytes(), type=kind)


def _picture(folder: Path, name: str, what: str) -> str:
    if not (folder / f"{name}.png").exists():
        missing(folder / f"{name}.png", "is missing", folder.parents[2])
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
