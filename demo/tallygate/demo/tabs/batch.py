"""Batch: a file in, its answers out, with progress, cancel, a table to look through, and a download."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from tallygate.demo.batch import BAD_ROWS, RESULTS, BatchRun, classify_file, find_columns
from tallygate.demo.copies import Copies
from tallygate.demo.limits import check_name
from tallygate.demo.show.batch import show_page, show_progress, show_summary
from tallygate.demo.table import EVERY_LABEL, ORDERS, page_of
from tallygate.demo.tabs.classify import copy_choice
from tallygate.demo.tabs.events import PRIVATE, QUICK, told
from tallygate.demo.templating import render
from tallygate.demo.workspace import Visitor, Workspace
from tallygate.runtime.errors import InputError, TallygateError
from tallygate.runtime.terminal import printable

SUFFIXES = [".csv", ".tsv", ".jsonl", ".ndjson", ".txt"]
Update = dict[Any, Any]


@dataclass(frozen=True)
class _Form:
    """What a visitor fills in."""

    file: gr.File
    column: gr.Dropdown
    copy: gr.Dropdown
    start: gr.Button
    cancel: gr.Button
    status: gr.HTML


@dataclass(frozen=True)
class _Results:
    """What a visitor looks through."""

    whole: gr.Column
    download: gr.File
    summary: gr.HTML
    label: gr.Dropdown
    words: gr.Textbox
    order: gr.Dropdown
    number: gr.Number
    table: gr.HTML

    @property
    def filters(self) -> list[Any]:
        """What chooses the rows of the table."""
        return [self.label, self.words, self.order]


def build_batch(copies: Copies, workspace: Workspace) -> None:
    """Put the tab's components into the current block."""
    gr.HTML(_INTRODUCTION)
    form = _build_form(copies)
    results = _build_results(list(copies.bundle.manifest.labels))
    work = _Work(copies, workspace, form, results)
    form.file.change(work.inspect, form.file, [form.status, form.column, form.start], **QUICK)
    form.column.input(lambda name: gr.Button(interactive=name is not None), form.column, form.start, **QUICK)
    outputs = [form.status, form.start, form.cancel, results.whole, results.download, results.summary]
    limits = {"concurrency_id": "batch", "concurrency_limit": 2}
    running = form.start.click(
        work.answer, [form.column, form.copy, *results.filters], [*outputs, results.table, results.number],
        **PRIVATE | limits,
    )  # fmt: skip
    form.cancel.click(work.cancelled, None, [form.status, form.start, form.cancel], cancels=[running], **QUICK)
    changes = [results.label.input, results.words.change, results.order.input]
    gr.on(changes, work.look_from_first, results.filters, [results.table, results.number], **QUICK)
    results.number.input(work.look, [*results.filters, results.number], results.table, **QUICK)


def _build_form(copies: Copies) -> _Form:
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            file = gr.File(label="File", file_types=SUFFIXES, elem_id="tg-file", height=150)
        with gr.Column(scale=2, min_width=280):
            column = gr.Dropdown([], label="Column of the texts", interactive=True, elem_id="tg-column")
            copy = copy_choice(copies)
        with gr.Column(scale=1, min_width=160):
            start = gr.Button("Classify all", variant="primary", interactive=False, elem_id="tg-start")
            cancel = gr.Button("Cancel", variant="stop", interactive=False, elem_id="tg-cancel")
    return _Form(file, column, copy, start, cancel, gr.HTML(elem_id="tg-status"))


def _build_results(labels: list[str]) -> _Results:
    with gr.Column(visible=False) as whole:
        download = gr.File(label="Download", file_count="multiple", interactive=False, elem_id="tg-download")
        summary = gr.HTML(elem_id="tg-summary", container=True, padding=True)
        gr.HTML("<h3>Look through the answers</h3>")
        with gr.Row():
            label = gr.Dropdown(
                [(EVERY_LABEL, EVERY_LABEL), *_choices(labels)],
                value=EVERY_LABEL,
                label="Label",
                elem_id="tg-filter-label",
            )
            words = gr.Textbox("", label="Text contains", elem_id="tg-filter-words")
            order = gr.Dropdown(list(ORDERS), value=next(iter(ORDERS)), label="Order", elem_id="tg-order")
            number = gr.Number(1, label="Page", precision=0, minimum=1, elem_id="tg-page")
        table = gr.HTML(elem_id="tg-table", container=True, padding=True)
    return _Results(whole, download, summary, label, words, order, number, table)


class _Work:
    """What happens on a click; whose file is meant is told by the visit that the request belongs to."""

    def __init__(self, copies: Copies, workspace: Workspace, form: _Form, results: _Results) -> None:
        self._copies, self._workspace, self._form, self._results = copies, workspace, form, results
        self._labels = list(copies.bundle.manifest.labels)

    @told
    def inspect(self, path: str | None, request: gr.Request) -> Update:
        """Take the uploaded file over and find its columns; let go of it when it is taken away."""
        form, visitor = self._form, self._visitor(request)
        blank: Update = {form.status: "", form.column: gr.Dropdown([], value=None), form.start: _button(False)}
        if path is None:
            visitor.drop_upload()
            return blank
        try:
            columns = find_columns(visitor.take(Path(path)))
        except TallygateError as error:
            visitor.drop_upload()
            return blank | {form.status: _fault(error)}
        told = "" if columns.guess else render("message.html", kind="plain", text="Choose the column of the texts.")
        chosen = gr.Dropdown(_choices(columns.names), value=columns.guess)
        return {form.status: told, form.column: chosen, form.start: _button(columns.guess is not None)}

    def answer(
        self, column: str, copy: str, label: str, words: str, order: str, request: gr.Request
    ) -> Iterator[Update]:
        """Classify the file, telling how far it is."""
        status = self._form.status
        yield {status: show_progress(BatchRun("")), self._results.whole: gr.Column(visible=False)} | self._busy(True)
        try:
            visitor = self._visitor(request)
            for run in self._run(visitor, column, copy):
                done = self._present(visitor, run, label, words, order) if run.done else {}
                yield {status: show_progress(run)} | done
        except TallygateError as error:
            yield {status: _fault(error)} | self._busy(False)

    def _run(self, visitor: Visitor, column: str, copy: str) -> Iterator[BatchRun]:
        if visitor.upload is None:
            raise InputError("the file", "is no longer here", "choose it again")
        self._workspace.check_room()
        classifier = self._copies.load(self._copies.find(check_name(copy)))
        for run in classify_file(visitor.upload, check_name(column), classifier, visitor.results_folder()):
            if visitor.gone:
                return
            yield run

    def _busy(self, busy: bool) -> Update:
        return {self._form.start: _button(not busy), self._form.cancel: _button(busy)}

    def _present(self, visitor: Visitor, run: BatchRun, label: str, words: str, order: str) -> Update:
        visitor.result, results = run, self._results
        names = (RESULTS, BAD_ROWS) if run.bad else (RESULTS,)
        return self._busy(False) | {
            results.whole: gr.Column(visible=True),
            results.download: [str(visitor.folder / "results" / name) for name in names],
            results.summary: show_summary(run, self._labels),
            results.table: show_page(page_of(run.rows, label, words, order, 1), self._labels),
            results.number: 1,
        }

    @told
    def look(self, label: str, words: str, order: str, number: float | None, request: gr.Request) -> str:
        """One page of the table."""
        run = self._visitor(request).result
        if not isinstance(run, BatchRun):
            return ""
        return show_page(page_of(run.rows, label, words, order, int(number or 1)), self._labels)

    @told
    def look_from_first(self, label: str, words: str, order: str, request: gr.Request) -> tuple[str, int]:
        """The first page of the table."""
        return self.look(label, words, order, 1, request), 1

    def cancelled(self) -> Update:
        """What is shown after a cancel."""
        text = "Cancelled. The rows that were done are thrown away; start again whenever you like."
        return {self._form.status: render("message.html", kind="plain", text=text)} | self._busy(False)

    def _visitor(self, request: gr.Request) -> Visitor:
        return self._workspace.visitor(request.session_hash)


def _choices(names: Sequence[str]) -> list[tuple[str, str]]:
    """Names as they are shown, with what they stand for."""
    return [(printable(name), name) for name in names]


def _button(interactive: bool) -> gr.Button:
    return gr.Button(interactive=interactive)


def _fault(error: TallygateError) -> str:
    return render("message.html", kind="fault", text=str(error))


_INTRODUCTION = (
    "<p class='tg-intro'>Tens of thousands of texts at once: CSV, TSV, JSON lines, or one text per line. "
    "Rows that cannot be read are put aside and named; the others are answered.</p>"
)
