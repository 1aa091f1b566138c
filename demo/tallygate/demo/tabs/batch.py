"""Batch: a file in, its answers out, with progress, cancel, a table to look through, and a download."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from tallygate.demo.batch import BAD_ROWS, RESULTS, BatchRun, classify_file, find_columns
from tallygate.demo.copies import Copies
from tallygate.demo.limits import SESSION_SECONDS
from tallygate.demo.show.batch import show_page, show_progress, show_summary
from tallygate.demo.table import EVERY_LABEL, ORDERS, page_of
from tallygate.demo.tabs.classify import copy_choice
from tallygate.demo.tabs.events import PRIVATE, QUICK
from tallygate.demo.templating import render
from tallygate.runtime.errors import TallygateError

SUFFIXES = [".csv", ".tsv", ".jsonl", ".ndjson", ".txt"]
Update = dict[Any, Any]


@dataclass(frozen=True)
class Finished:
    """One visitor's result, until the next one."""

    run: BatchRun
    folder: Path

    def remove(self) -> None:
        """Delete its files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def build_batch(copies: Copies) -> None:
    """Put the tab's components into the current block."""
    labels = list(copies.bundle.manifest.labels)
    workspace = tempfile.TemporaryDirectory(prefix="tallygate-demo-")  # removed when the program ends
    gr.HTML(
        "<p class='tg-intro'>Tens of thousands of texts at once: CSV, TSV, JSON lines, or one text per line. "
        "Rows that cannot be read are put aside and named; the others are answered.</p>"
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            file = gr.File(label="File", file_types=SUFFIXES, elem_id="tg-file", height=150)
        with gr.Column(scale=2, min_width=280):
            column = gr.Dropdown([], label="Column of the texts", interactive=True, elem_id="tg-column")
            copy = copy_choice(copies)
        with gr.Column(scale=1, min_width=160):
            start = gr.Button("Classify all", variant="primary", interactive=False, elem_id="tg-start")
            cancel = gr.Button("Cancel", variant="stop", interactive=False, elem_id="tg-cancel")
    status = gr.HTML(elem_id="tg-status")
    finished = gr.State(None, time_to_live=SESSION_SECONDS, delete_callback=_remove)
    with gr.Column(visible=False) as results:
        download = gr.File(label="Download", file_count="multiple", interactive=False, elem_id="tg-download")
        summary = gr.HTML(elem_id="tg-summary", container=True, padding=True)
        gr.HTML("<h3>Look through the answers</h3>")
        with gr.Row():
            label = gr.Dropdown([EVERY_LABEL, *labels], value=EVERY_LABEL, label="Label", elem_id="tg-filter-label")
            words = gr.Textbox("", label="Text contains", elem_id="tg-filter-words")
            order = gr.Dropdown(list(ORDERS), value=next(iter(ORDERS)), label="Order", elem_id="tg-order")
            number = gr.Number(1, label="Page", precision=0, minimum=1, elem_id="tg-page")
        table = gr.HTML(elem_id="tg-table", container=True, padding=True)

    def inspect(path: str | None) -> Update:
        blank: Update = {status: "", column: gr.Dropdown([], value=None), start: gr.Button(interactive=False)}
        if path is None:
            return blank
        try:
            columns = find_columns(Path(path))
        except TallygateError as error:
            return blank | {status: _fault(error)}
        told = "" if columns.guess else render("message.html", kind="plain", text="Choose the column of the texts.")
        chosen = gr.Dropdown(columns.names, value=columns.guess)
        return {status: told, column: chosen, start: gr.Button(interactive=columns.guess is not None)}

    def answer_file(
        path: str, column_name: str, copy_name: str, old: Finished | None, *filters: str
    ) -> Iterator[Update]:
        _remove(old)
        yield {status: show_progress(BatchRun("")), results: gr.Column(visible=False), finished: None} | _busy(True)
        folder = Path(tempfile.mkdtemp(dir=workspace.name))
        done = False
        try:
            classifier = copies.load(copies.find(copy_name))
            for run in classify_file(Path(path), column_name, classifier, folder):
                done = run.done
                yield {status: show_progress(run)} | (_present(Finished(run, folder), *filters) if done else {})
        except TallygateError as error:
            yield {status: _fault(error)} | _busy(False)
        finally:
            if not done:
                shutil.rmtree(folder, ignore_errors=True)

    def _busy(busy: bool) -> Update:
        return {start: gr.Button(interactive=not busy), cancel: gr.Button(interactive=busy)}

    def _present(result: Finished, wanted: str, contains: str, by: str) -> Update:
        files = [str(result.folder / name) for name in (RESULTS, BAD_ROWS)[: 2 if result.run.bad else 1]]
        page = page_of(result.run.rows, wanted, contains, by, 1)
        return _busy(False) | {
            finished: result,
            results: gr.Column(visible=True),
            download: files,
            summary: show_summary(result.run, labels),
            table: show_page(page, labels),
            number: 1,
        }

    def look(result: Finished | None, wanted: str, contains: str, by: str, page: float | None) -> str:
        if result is None:
            return ""
        return show_page(page_of(result.run.rows, wanted, contains, by, int(page or 1)), labels)

    def look_from_first(result: Finished | None, wanted: str, contains: str, by: str) -> tuple[str, int]:
        return look(result, wanted, contains, by, 1), 1

    def cancelled() -> Update:
        text = "Cancelled. The rows that were done are thrown away; start again whenever you like."
        return {status: render("message.html", kind="plain", text=text)} | _busy(False)

    file.change(inspect, file, [status, column, start], **QUICK)
    column.input(lambda name: gr.Button(interactive=name is not None), column, start, **QUICK)
    outputs = [status, results, finished, start, cancel, download, summary, table, number]
    limits = {"concurrency_id": "batch", "concurrency_limit": 2}
    running = start.click(answer_file, [file, column, copy, finished, label, words, order], outputs, **PRIVATE | limits)
    cancel.click(cancelled, None, [status, start, cancel], cancels=[running], **QUICK)
    inputs = [finished, label, words, order, number]
    gr.on([label.input, words.change, order.input], look_from_first, inputs[:-1], [table, number], **QUICK)
    number.input(look, inputs, table, **QUICK)


def _remove(result: Finished | None) -> None:
    if result is not None:
        result.remove()


def _fault(error: TallygateError) -> str:
    return render("message.html", kind="fault", text=str(error))
