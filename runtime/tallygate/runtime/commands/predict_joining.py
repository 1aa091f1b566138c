"""What of its row an answer carries, so that the answers can be joined to the texts that they answer."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from tallygate.runtime.errors import UsageError

if TYPE_CHECKING:
    from tallygate.runtime.records import Format, TextRow

EVERY = "all"
OWN_COLUMNS = frozenset({"line", "label", "score", "probabilities", "engine", "precision", "provider", "error"})
"""Names of what an answer tells itself; a column of the input that has one of them becomes ``input_label``."""


class Joining:
    """The line on which the row starts, or a column of it that names it; then the columns that are kept."""

    def __init__(
        self,
        *,
        with_lines: bool,
        id_column: str | None,
        keep: str | None,
        input_format: Format,
        output_format: str | None,
    ) -> None:
        """``keep`` is a comma-separated list, or EVERY.

        Raises :class:`UsageError` for columns of an input that has none, and where the columns of a table would depend
        on the row.
        """
        self._every = keep == EVERY
        self._with_lines, self._id_column = with_lines and id_column is None, id_column
        if keep is not None and not keep.strip():
            raise UsageError("--keep-columns", "names no column", "name some with a comma between, or all of them: all")
        kept = [] if keep is None or self._every else _names(keep)
        self._columns = list(dict.fromkeys([*([] if id_column is None else [id_column]), *kept]))
        self._check_columns, self._is_checked = input_format in ("csv", "tsv"), False
        if input_format == "text" and set(self._columns) - {"text"}:
            option = f"--keep-columns {keep}" if id_column is None else f"--id-column {id_column}"
            raise UsageError(option, "asks for columns, and the input is plain text", "give CSV, TSV or JSON lines")
        if self._every and input_format == "jsonl" and output_format in ("table", "csv"):
            raise UsageError("--keep-columns all", "differs from row to row in JSON lines", "name the columns")

    def of(self, row: TextRow) -> dict[str, object]:
        """What goes before the answer to ``row``, by the column's name in the output; None where the row lacks it.

        Raises :class:`InputError` where a file with a header has no such column.
        """
        if self._check_columns and not self._is_checked and row.values:
            from tallygate.runtime.records import choose_column

            for column in self._columns:
                option = "--id-column" if column == self._id_column else "--keep-columns"
                choose_column(f"line {row.line}", row.values, column, (), option)
            self._is_checked = True
        cells: dict[str, object] = {"line": row.line} if self._with_lines else {}
        columns: Sequence[str] = list(dict.fromkeys([*self._columns, *row.values])) if self._every else self._columns
        for column in columns:
            cells[_free_name(column, cells)] = row.values.get(column)
        return cells


def _names(listed: str) -> list[str]:
    """Names with a comma between, quoted as in CSV where they hold one."""
    import csv

    return next(csv.reader([listed]), [])


def _free_name(column: str, taken: Container[str]) -> str:
    """The name of an input's column in the output."""
    name = column
    while name in OWN_COLUMNS or name.startswith("probability_") or name in taken:
        name = f"input_{name}"
    return name
