"""How ``tallygate predict`` writes its answers; each writer streams, so input of any length needs bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, tee
from typing import TextIO

import msgspec

from tallygate.runtime.classifier import Classifier
from tallygate.runtime.prediction import Prediction
from tallygate.runtime.terminal import printable, printable_json, table

TABLE_ROWS = 500
"""Rows per table: a longer input is printed as several."""
NO_LABEL = "(none)"
"""Stands in a table where the classifier abstains."""
_TEXT_WIDTH = 60


def write_jsonl(classifier: Classifier, texts: Iterable[str], out: TextIO, abstain_below: float = 0.0) -> None:
    """One JSON object per text; ``label`` is null where the classifier abstains."""
    for prediction in classifier.predict(iter(texts), abstain_below=abstain_below):
        fields = ("label", "score", "probabilities", "engine", "precision", "provider")
        answer = {field: getattr(prediction, field) for field in fields}
        out.write(printable_json(msgspec.json.encode(answer).decode("utf-8")) + "\n")


def write_csv(classifier: Classifier, texts: Iterable[str], out: TextIO, abstain_below: float = 0.0) -> None:
    """A header, then one row per text: label, score, a probability per label, engine and precision.

    The label of a text of which the classifier abstains is an empty cell.
    """
    writer = csv.writer(out, lineterminator="\n")
    columns = [f"probability_{label}" for label in classifier.labels]
    writer.writerow(["label", "score", *columns, "engine", "precision"])
    for p in classifier.predict(iter(texts), abstain_below=abstain_below):
        writer.writerow([p.label, p.score, *p.probabilities.values(), p.engine, p.precision])


def write_table(classifier: Classifier, texts: Iterable[str], out: TextIO, abstain_below: float = 0.0) -> None:
    """Tables for people; each text is cut to one short line, and where the classifier abstains stands ``NO_LABEL``.

    The last line says what computed them.
    """
    shown, given = tee(texts)
    pairs = zip((_shorten(text) for text in shown), classifier.predict(given, abstain_below=abstain_below), strict=True)
    for page in _pages(pairs):
        rows = [(NO_LABEL if p.label is None else p.label, f"{p.score:.1%}", text) for text, p in page]
        out.write(table(rows, ["label", "score", "text"]) + "\n")
    engine = classifier.engine
    made_by = f"{classifier.bundle.manifest.name}, {engine.precision} on {engine.name} ({engine.provider})"
    out.write(f"\n{printable(made_by)}\n")


def _pages(pairs: Iterator[tuple[str, Prediction]]) -> Iterator[list[tuple[str, Prediction]]]:
    while page := list(islice(pairs, TABLE_ROWS)):
        yield page


def _shorten(text: str) -> str:
    """The text's beginning in one line."""
    line = printable(" ".join(text[: 4 * _TEXT_WIDTH].split()))
    return line if len(line) <= _TEXT_WIDTH and len(text) <= 4 * _TEXT_WIDTH else line[: _TEXT_WIDTH - 1] + "…"


WRITERS: dict[str, Callable[[Classifier, Iterable[str], TextIO, float], None]] = {
    "table": write_table,
    "jsonl": write_jsonl,
    "csv": write_csv,
}
