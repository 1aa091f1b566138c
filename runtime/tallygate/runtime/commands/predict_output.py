"""How ``tallygate predict`` writes its answers; each writer streams, so input of any length needs bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, TypeAlias
from unicodedata import category, east_asian_width

import msgspec

from tallygate.runtime.classifier import Classifier
from tallygate.runtime.commands.predict_joining import Joining
from tallygate.runtime.prediction import Prediction
from tallygate.runtime.terminal import printable, printable_json

if TYPE_CHECKING:
    from tallygate.runtime.records import TextRow

NO_LABEL = "(unsure)"
"""Stands in a table where the classifier abstains."""
_TEXT_WIDTH, _CELL_WIDTH, _LINE_WIDTH = 60, 24, 7

Answer: TypeAlias = "tuple[TextRow, Prediction | None]"
"""A row and the answer to its text; None for a row that has no text."""


@dataclass(frozen=True)
class Output:
    """Where answers go, and what stands beside them."""

    out: TextIO
    classifier: Classifier
    joining: Joining
    errors: bool
    """Whether rows without an answer are there, so that each tells its error, or that it has none."""
    raw: bool
    """Whether CSV leaves texts as they are."""

    def error(self, row: TextRow) -> dict[str, str | None]:
        """What is wrong with the row, where that can be."""
        return {"error": None if row.bad is None else f"line {row.bad.line} {row.bad.reason}"} if self.errors else {}


class JsonWriter:
    """One JSON object per row; ``label`` is null where the classifier abstains, everything where there is no text."""

    _FIELDS = ("label", "score", "probabilities", "engine", "precision", "provider")

    def __init__(self, output: Output) -> None:
        self._output = output
        self.flush = output.out.flush

    def write(self, answers: list[Answer]) -> None:
        """One line each."""
        output = self._output
        for row, prediction in answers:
            answer = {field: getattr(prediction, field, None) for field in self._FIELDS}
            output.out.write(_json({**output.joining.of(row), **answer, **output.error(row)}) + "\n")

    def end(self) -> None:
        """Nothing stands behind."""


class CsvWriter:
    """A header, then one row per row of the input: label, score, a probability per label, engine and precision.

    Probabilities have six decimals. Empty are the label of a text of which the classifier abstains, and all of a row
    that has no text. On a terminal each text stands in one line, as :func:`printable` shows it.
    """

    def __init__(self, output: Output) -> None:
        from tallygate.runtime.records import SheetWriter

        self._output, self._sheet, self._has_header = output, SheetWriter(output.out, raw=output.raw), False
        self._is_shown = output.out.isatty()
        self.flush = output.out.flush

    def write(self, answers: list[Answer]) -> None:
        """One line each, under the header."""
        for row, prediction in answers:
            joined, error = self._output.joining.of(row), self._output.error(row)
            if not self._has_header:
                columns = [f"probability_{label}" for label in self._output.classifier.labels]
                self._row([*joined, "label", "score", *columns, "engine", "precision", *error])
                self._has_header = True
            self._row([*map(_cell, joined.values()), *self._cells(prediction), *error.values()])

    def end(self) -> None:
        """Nothing stands behind."""

    def _row(self, cells: list[object]) -> None:
        shown = [printable(cell) if isinstance(cell, str) else cell for cell in cells] if self._is_shown else cells
        self._sheet.row(shown)

    def _cells(self, p: Prediction | None) -> list[str | None]:
        if p is None:
            return [None] * (len(self._output.classifier.labels) + 4)
        numbers = (p.score, *p.probabilities.values())
        return [p.label, *(f"{number:.6f}" for number in numbers), p.engine, p.precision]


class TableWriter:
    """For people: columns of a fixed width, so that a row is shown as soon as it is there, and each text in one line.

    Where the classifier abstains stands NO_LABEL; the last line says what computed the answers.
    """

    def __init__(self, output: Output) -> None:
        self._output, self._widths = output, list[int]()
        self.flush = output.out.flush

    def write(self, answers: list[Answer]) -> None:
        """One line each, under the header."""
        for row, p in answers:
            joined = {name: str(_cell(value)) for name, value in self._output.joining.of(row).items()}
            if not self._widths:
                self._begin(list(joined))
            label, score = ("", "") if p is None else (NO_LABEL if p.label is None else p.label, f"{p.score:.1%}")
            error = self._output.error(row).get("error")
            text = f"({error})" if row.text is None and error else row.text or ""
            self._line([*joined.values(), label, score, text])

    def end(self) -> None:
        """Say what computed them."""
        engine, name = self._output.classifier.engine, self._output.classifier.bundle.manifest.name
        self._output.out.write(f"\n{printable(f'{name}, {engine.precision} on {engine.name} ({engine.provider})')}\n")

    def _begin(self, joined: list[str]) -> None:
        labels = max(_width(printable(label)) for label in (NO_LABEL, *self._output.classifier.labels))
        widths = [_LINE_WIDTH if name == "line" else _CELL_WIDTH for name in joined]
        self._widths = [*widths, min(labels, _CELL_WIDTH), 6, _TEXT_WIDTH]
        self._line([*joined, "label", "score", "text"])
        self._line(["-" * width for width in self._widths])

    def _line(self, cells: list[str]) -> None:
        fitted = [_fitted(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        self._output.out.write("  ".join(fitted).rstrip() + "\n")


WRITERS: dict[str, Callable[[Output], JsonWriter | CsvWriter | TableWriter]] = {
    "table": TableWriter,
    "jsonl": JsonWriter,
    "csv": CsvWriter,
}


def _json(answer: dict[str, object]) -> str:
    try:
        return printable_json(msgspec.json.encode(answer).decode("utf-8"))
    except (ValueError, OverflowError):  # half a surrogate pair, or a number beyond 64 bits, of a column that is kept
        return printable_json(_json_value(answer))


def _cell(value: object) -> object:
    """A value of a JSON line in one cell."""
    if value is None or isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return "" if value is None else value
    return _json_value(value)


def _json_value(value: object) -> str:
    """By Python's own json, which takes what msgspec refuses."""
    import json

    return json.dumps(value, ensure_ascii=False)


def _fitted(cell: str, width: int) -> str:
    """``cell`` in one line, of just so many columns of a terminal."""
    line = printable(" ".join(cell[: 4 * width].split()))
    if _width(line) > width or len(cell) > 4 * width:
        while _width(line) > width - 1:
            line = line[:-1]
        line += "…"
    return line + " " * (width - _width(line))


def _width(line: str) -> int:
    """Columns that a terminal gives it: two for a wide character, none for a mark."""
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in "WF" else 1 for c in line)
