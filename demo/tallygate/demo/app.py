"""The page: a head, five tabs, and the endpoints for programs."""

from __future__ import annotations

import gradio as gr

from tallygate.demo.api import add_api
from tallygate.demo.cell import Microscope
from tallygate.demo.copies import Copies
from tallygate.demo.examples import Examples, examples_of
from tallygate.demo.limits import QUEUE, RUNNING, SESSION_SECONDS
from tallygate.demo.show.about import show_header
from tallygate.demo.tabs.about import build_about
from tallygate.demo.tabs.agreement import build_agreement
from tallygate.demo.tabs.batch import build_batch
from tallygate.demo.tabs.cell import CellTab, build_cell
from tallygate.demo.tabs.classify import build_classify
from tallygate.demo.tabs.events import PRIVATE, QUICK
from tallygate.demo.templating import render
from tallygate.demo.theme import SWITCH
from tallygate.demo.workspace import Workspace
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.terminal import printable


def build_app(
    bundle: Bundle,
    workspace: Workspace,
    threads: int = 1,
    examples: Examples | None = None,
    abstain_below: float = 0.0,
) -> gr.Blocks:
    """The page for ``bundle``, with visitors' files in ``workspace`` and the bundle's own examples unless others are
    given; in the first tab an answer below the score ``abstain_below`` is "unsure".

    Raises a :class:`TallygateError` when the bundle cannot be served on this machine.
    """
    copies, examples = Copies(bundle, threads), examples or examples_of(bundle)
    copies.load(copies.first)
    app: gr.Blocks
    with gr.Blocks(
        title=f"tallygate: {printable(bundle.manifest.name)}",
        analytics_enabled=False,
        delete_cache=(SESSION_SECONDS, SESSION_SECONDS),
    ) as app:
        # First, so that no event of the page takes the names of the endpoints.
        add_api(copies)
        with gr.Row(elem_id="tg-top"):
            gr.HTML(show_header(bundle.manifest), elem_id="tg-head")
            switch = gr.Button("Light or dark", size="sm", scale=0, min_width=120, elem_id="tg-switch")
            switch.click(None, js=SWITCH, api_visibility="private")
        with gr.Tab("Classify", id="classify"):
            classify = build_classify(copies, examples, abstain_below)
        with gr.Tab("Inside the cell", id="cell") as inside:
            cell = _build_cell(copies, examples)
        if cell:
            # The text goes from box to box in the browser; it is read when the tab is opened.
            classify.text.change(None, classify.text, cell.text, js="(text) => text", **QUICK)
            inside.select(cell.explorer.revisit, cell.inputs, cell.outputs, **PRIVATE)
        with gr.Tab("Do the copies agree?", id="agreement") as agreement:
            build_agreement(copies, agreement, examples)
        with gr.Tab("Batch", id="batch"):
            build_batch(copies, workspace)
        with gr.Tab("About", id="about"):
            build_about(bundle, examples)

        def leave(request: gr.Request) -> None:
            workspace.leave(request.session_hash)

        app.unload(leave)
    app.queue(default_concurrency_limit=RUNNING, max_size=QUEUE)
    return app


def _build_cell(copies: Copies, examples: Examples) -> CellTab | None:
    try:
        microscope = Microscope(copies.bundle)
    except BundleInvalidError as error:
        gr.HTML(render("message.html", kind="plain", text=f"The gates cannot be shown. {error}"))
        return None
    return build_cell(copies, microscope, examples)
