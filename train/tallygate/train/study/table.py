"""The table of a study, as CSV for programs and Markdown for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tallygate.runtime.terminal import table
from tallygate.train.study.row import Row

_NOTES = """
Every classifier had the same training texts and the same tokens. Settings were chosen on validation; test was scored
once, with that choice. Accuracy stands with its 95% interval (Wilson 1927).

- **parameters**: weights; nodes of decision trees; stored values of nearest neighbours.
- **bytes**: what a deployment must store, uncompressed: every such number as float32 or int32 (four per inner node of a
  tree, one per label of a leaf), and the vocabulary as UTF-8 lines. fastText's is the size of its own file.
- **train s**: processor seconds of features, word vectors and training with the chosen settings, {threads} thread{s}.
- **texts/s**: per processor second, from raw text to label on the test split, by scikit-learn, fastText and PyTorch.
"""


def csv_from_rows(rows: Sequence[Row]) -> str:
    """One line per row, with a header; figures of a skipped row are empty."""
    text = io.StringIO()
    cells = [_csv_cells(row) for row in rows]
    writer = csv.DictWriter(text, list(cells[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
    return text.getvalue()


def table_from_rows(rows: Sequence[Row], fmt: str = "simple") -> str:
    """The same for people; what the CSV has as numbers is rounded here."""
    cells = [_cells(row) for row in rows]
    align = ["left", "left", *["right"] * (len(cells[0]) - 2)]
    return table([list(row.values()) for row in cells], list(cells[0]), style=fmt, align=align)


def markdown_from_rows(rows: Sequence[Row], title: str, threads: int) -> str:
    """A page with the table, what its columns mean, the settings that were chosen, and the rows that are missing."""
    notes = _NOTES.format(threads=threads, s="" if threads == 1 else "s")
    parts = [f"# {title}\n", table_from_rows(rows, "github"), notes, _chosen(rows)]
    skipped = [f"- {row.name}: {row.skipped}" for row in rows if row.skipped]
    return "\n".join([*parts, *(["\nNot measured:\n", *skipped] if skipped else [])]) + "\n"


def _csv_cells(row: Row) -> dict[str, str | int | float]:
    cells: dict[str, str | int | float] = {"classifier": row.name, "family": row.family, "features": row.features}
    names = ("accuracy", "low", "high", "macro_f1", "validation_accuracy", "parameters", "bytes", "train_seconds",
             "texts_per_second")  # fmt: skip
    if row.measured is None:
        return cells | dict.fromkeys(names, "") | {"skipped": row.skipped or ""}
    m = row.measured
    figures = (m.test.accuracy, *m.test.interval, m.test.macro_f1, m.validation.accuracy, m.parameters, m.bytes,
               m.train_seconds, m.texts_per_second)  # fmt: skip
    return cells | dict(zip(names, figures, strict=True)) | {"skipped": ""}


def _cells(row: Row) -> dict[str, str]:
    cells = {"classifier": row.name, "features": row.features}
    names = ("test accuracy", "95% interval", "validation", "parameters", "bytes", "train s", "texts/s")
    if row.measured is None:
        return cells | dict.fromkeys(names, "-") | {"test accuracy": "not measured"}
    m = row.measured
    low, high = m.test.interval
    figures = (
        f"{m.test.accuracy:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{m.validation.accuracy:.2%}",
        f"{m.parameters:,}",
        f"{m.bytes:,}",
        f"{m.train_seconds:,.1f}",
        f"{m.texts_per_second:,.0f}",
    )
    return cells | dict(zip(names, figures, strict=True))


def _chosen(rows: Sequence[Row]) -> str:
    lines = [
        f"- {row.name}: {', '.join(f'{name} {value}' for name, value in row.measured.settings.items())}"
        f"{f' (of {len(row.measured.trials)} tried)' if len(row.measured.trials) > 1 else ''}"
        for row in rows
        if row.measured is not None
    ]
    return "\n".join(["Settings:\n", *lines])
