"""Texts out of the files that users have, and answers into files that they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.records.columns import TEXT_COLUMNS as TEXT_COLUMNS
    from tallygate.runtime.records.columns import choose_column as choose_column
    from tallygate.runtime.records.columns import guess_column as guess_column
    from tallygate.runtime.records.columns import text_in as text_in
    from tallygate.runtime.records.columns import without_column as without_column
    from tallygate.runtime.records.formats import Format as Format
    from tallygate.runtime.records.opening import Watcher as Watcher
    from tallygate.runtime.records.opening import check_ends as check_ends
    from tallygate.runtime.records.opening import checked_encoding as checked_encoding
    from tallygate.runtime.records.opening import opened as opened
    from tallygate.runtime.records.reader import FORMATS as FORMATS
    from tallygate.runtime.records.reader import format_from_name as format_from_name
    from tallygate.runtime.records.reader import read_rows as read_rows
    from tallygate.runtime.records.reader import read_text_rows as read_text_rows
    from tallygate.runtime.records.reader import read_texts as read_texts
    from tallygate.runtime.records.reader import reject as reject
    from tallygate.runtime.records.rows import BadRow as BadRow
    from tallygate.runtime.records.rows import Row as Row
    from tallygate.runtime.records.rows import TextRow as TextRow
    from tallygate.runtime.records.spreadsheet import SheetWriter as SheetWriter
    from tallygate.runtime.records.spreadsheet import spreadsheet_cell as spreadsheet_cell
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "columns": ("TEXT_COLUMNS", "choose_column", "guess_column", "text_in", "without_column"),
            "formats": ("Format",),
            "opening": ("Watcher", "check_ends", "checked_encoding", "opened"),
            "reader": (
                "FORMATS",
                "format_from_name",
                "read_rows",
                "read_text_rows",
                "read_texts",
                "reject",
            ),
            "rows": ("BadRow", "Row", "TextRow"),
            "spreadsheet": ("SheetWriter", "spreadsheet_cell"),
        },
    )
