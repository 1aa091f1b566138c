"""Do the copies agree?: the same texts through every copy, and the parity gate on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from tallygate.demo.agreement import ask_every_copy, run_gates
from tallygate.demo.copies import Copies
from tallygate.demo.examples import Examples
from tallygate.demo.limits import TEXT_CHARACTERS, check_text, check_texts
from tallygate.demo.show.agreement import show_agreement, show_gates, show_written_parity
from tallygate.demo.tabs.events import PRIVATE, QUICK, ask_for_text, bring_into_view, mark_stale, told
from tallygate.demo.templating import render

_WORKING = PRIVATE | {"show_progress": "minimal"}


def build_agreement(copies: Copies, tab: gr.Tab, examples: Examples) -> None:
    """Put the components into the current block; the first texts are compared when ``tab`` is opened."""

    gr.HTML(_INTRODUCTION)
    pasted = gr.Textbox(
        examples.pasted, label="Texts, one per line", lines=5, max_lines=12, max_length=TEXT_CHARACTERS,
        elem_id="tg-pasted",
    )  # fmt: skip
    button = gr.Button("Ask every copy", variant="primary", elem_id="tg-compare")
    result = gr.HTML(_NOT_YET, elem_id=_ANSWER, container=True, padding=True)
    _build_gate(copies)
    gr.HTML("<h3>What the bundle brings along</h3><p class='tg-lead'>Measured when it was exported.</p>")
    gr.HTML(show_written_parity(copies.bundle), elem_id="tg-parity", container=True, padding=True)

    @told
    def compare(pasted: str) -> str:
        texts = [line for line in check_text(pasted or "").splitlines() if line.strip()]
        return show_agreement(ask_every_copy(copies, check_texts(texts)), pasted) if texts else ask_for_text()

    def first_time(text: str, shown: str) -> str | dict[str, Any]:
        return compare(text) if shown == _NOT_YET else gr.skip()

    asked = gr.on([button.click, pasted.submit], compare, pasted, result, **_WORKING)
    asked.then(None, pasted, None, js=bring_into_view(_ANSWER), **QUICK)
    pasted.change(None, pasted, None, js=mark_stale(_ANSWER), **QUICK)
    tab.select(first_time, [pasted, result], result, **_WORKING)


def _build_gate(copies: Copies) -> None:
    gr.HTML(_GATE)
    run = gr.Button("Run the gate here", elem_id="tg-gate")
    waiting = render("message.html", kind="plain", text="Not run yet on this machine.")
    gates = gr.HTML(waiting, elem_id="tg-gates", container=True, padding=True)

    def gate() -> Iterator[str]:
        verdicts = []
        names = iter([*copies.names[1:], ""])
        yield render("message.html", kind="plain", text=f"Checking {copies.names[0]} …")
        for verdict in run_gates(copies):
            verdicts.append(verdict)
            following = next(names)
            waiting = render("message.html", kind="plain", text=f"Checking {following} …") if following else ""
            yield show_gates(verdicts) + waiting

    run.click(gate, None, gates, **PRIVATE | {"concurrency_id": "gate", "concurrency_limit": 1})


_ANSWER = "tg-agreement"
_INTRODUCTION = (
    "<p class='tg-intro'>One model, many copies: smaller numbers, other engines. They are only worth shipping if "
    "they all give the same answer. Ask every copy that this machine can run.</p>"
)
_NOT_YET = render("message.html", kind="plain", text="Asking …")
_GATE = """
<h3>The gate</h3>
<p class='tg-lead'>The bundle carries texts with what PyTorch in 32-bit floats answered to them. The gate asks every
copy on this machine for the same texts, alone and in every company, and compares.
It takes some seconds for each copy.</p>
"""
