"""A file of texts, classified while it is read: rows of any number in, a CSV file and a table to look through out."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter

from tallygate.demo.limits import BAD_ROWS_KEPT, FILE_ROWS
from tallygate.runtime.classifier import WINDOW, Classifier
from tallygate.runtime.errors import InputError
from tallygate.runtime.outputs import atomic_file, write_text
from tallygate.runtime.prediction import Prediction
from tallygate.runtime.records import (
    TEXT_COLUMNS,
    BadRow,
    Format,
    Row,
    SheetWriter,
    format_from_name,
    guess_column,
    read_rows,
    text_in,
)

PREVIEW = 240
"""Characters of each text that the table keeps."""
DECIMALS = 6
"""Of the numbers in RESULTS, as ``tallygate predict --format csv`` has them."""
RESULTS, BAD_ROWS = "predictions.csv", "bad_rows.csv"


@dataclass(frozen=True, slots=True)
class Answered:
    """One row of the table."""

    line: int
    label: str
    score: float
    """Calibrated probability of ``label``."""
    preview: str
    """The text's beginning."""


@dataclass
class BatchRun:
    """How far a file has come; the finished result once ``done``."""

    name: str
    rows: list[Answered] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    share: float = 0.0
    """Of the file's bytes."""
    seconds: float = 0.0
    done: bool = False
    full: bool = False
    """Whether the file holds more rows than are answered."""

    @property
    def counts(self) -> Counter[str]:
        """Rows by label."""
        return Counter(row.label for row in self.rows)

    def put_aside(self, bad: BadRow) -> None:
        """Keep a bad row apart. Raises :class:`InputError` when there are so many that the file is another kind."""
        if len(self.bad) == BAD_ROWS_KEPT:
            reason = f"has more than {BAD_ROWS_KEPT:,} rows that cannot be used; line {bad.line} {bad.reason}"
            raise InputError(self.name, reason, "check that its name fits what it holds")
        self.bad.append(bad)


@dataclass(frozen=True)
class Columns:
    """The columns of a file, from its first row."""

    names: list[str]
    guess: str | None
    """The one that most likely holds the texts."""


def find_columns(path: Path) -> Columns:
    """Read the columns of a file. Raises :class:`InputError` when it has no row that can be read."""
    file_format = _format(path)
    if file_format == "text":
        return Columns(["text"], "text")
    bad: list[BadRow] = []
    row = next(read_rows(path, name=path.name, format=file_format, on_bad=bad.append), None)
    if row is None:
        raise InputError(path.name, f"has no row that can be used; line {bad[0].line} {bad[0].reason}", bad[0].mend)
    names = list(row.values)
    return Columns(names, names[0] if len(names) == 1 else guess_column(names, TEXT_COLUMNS))


def classify_file(path: Path, column: str, classifier: Classifier, out: Path) -> Iterator[BatchRun]:
    """Classify the texts in ``column`` and write RESULTS and BAD_ROWS, safe in a spreadsheet, into the folder ``out``.

    Yields the same :class:`BatchRun` after every window of rows; closing the iterator stops the work and leaves no
    file. Raises :class:`InputError` when the file as a whole cannot be read or holds no good row.
    """
    start, run = perf_counter(), BatchRun(path.name)
    with atomic_file(out / RESULTS) as temporary, temporary.open("w", encoding="utf-8", newline="") as sheet:
        writer = SheetWriter(sheet)
        writer.row(_header(classifier))
        for share, window in _windows(path, column, run):
            answers = classifier.predict([text for _, text in window])
            for (line, text), answer in zip(window, answers, strict=True):
                writer.row(_cells(line, text, answer))
                run.rows.append(Answered(line, answer.likeliest, answer.score, _preview(text)))
            run.share, run.seconds = share, perf_counter() - start
            yield run
        _check_any(run)
    write_text(out / BAD_ROWS, _csv_of_bad(run.bad))
    run.done = True
    yield run


def _windows(path: Path, column: str, run: BatchRun) -> Iterator[tuple[float, list[tuple[int, str]]]]:
    """Windows of (line, text) as the classifier takes them, each with the share of the file that is read."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as file:
        rows = read_rows(file, name=path.name, format=_format(path), on_bad=run.put_aside)
        texts = _texts(rows, column, run)
        while window := list(islice(texts, min(WINDOW, FILE_ROWS - len(run.rows)))):
            yield file.tell() / size, window
        run.full = next(texts, None) is not None


def _texts(rows: Iterator[Row], column: str, run: BatchRun) -> Iterator[tuple[int, str]]:
    for row in rows:
        text = text_in(row, column)
        if isinstance(text, BadRow):
            run.put_aside(text)
        else:
            yield row.line, text


def _preview(text: str) -> str:
    return text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"


def _format(path: Path) -> Format:
    if path.suffix.lower() in (".parquet", ".xlsx", ".xls", ".zip", ".gz"):
        raise InputError(path.name, "is not a file of lines", "save it as .csv, .tsv or .jsonl")
    return format_from_name(path)


def _check_any(run: BatchRun) -> None:
    if run.rows:
        return
    if not run.bad:
        raise InputError(run.name, "has no rows", "give at least one")
    first = run.bad[0]
    raise InputError(run.name, f"has no row that can be used; line {first.line} {first.reason}", first.mend)


def _header(classifier: Classifier) -> list[str]:
    probabilities = [f"probability_{label}" for label in classifier.labels]
    return ["line", "label", "score", *probabilities, "engine", "precision", "text"]


def _cells(line: int, text: str, p: Prediction) -> list[object]:
    numbers = (f"{value:.{DECIMALS}f}" for value in (p.score, *p.probabilities.values()))
    return [line, p.label, *numbers, p.engine, p.precision, text]


def _csv_of_bad(bad: list[BadRow]) -> str:
    sheet = io.StringIO()
    writer = SheetWriter(sheet)
    writer.row(["line", "reason", "mend"])
    for row in bad:
        writer.row([row.line, row.reason, row.mend])
    return sheet.getvalue()
