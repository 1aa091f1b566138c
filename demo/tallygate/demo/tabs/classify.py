"""Classify: a text in, the answer and the way to it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from tallygate.demo.copies import Copies
from tallygate.demo.examples import EXAMPLES, WARM
from tallygate.demo.limits import TEXT_CHARACTERS, check_text
from tallygate.demo.reading import read
from tallygate.demo.show.reading import show_reading
from tallygate.demo.tabs.events import PRIVATE, QUICK, told


@dataclass(frozen=True)
class ClassifyTab:
    """What other tabs need of this one."""

    text: gr.Textbox
    answered: Any
    """The event after which ``text`` has been read."""


def copy_choice(copies: Copies, label: str = "Copy") -> gr.Dropdown:
    """A choice among the copies that this machine can run."""
    info = "variant on engine; all that this machine can run"
    return gr.Dropdown(copies.names, value=copies.first.name, label=label, info=info, filterable=False)


def build_classify(copies: Copies) -> ClassifyTab:
    """Put the tab's components into the current block."""

    @told
    def answer(text: str, copy: str) -> str:
        classifier = copies.load(copies.find(copy))
        return show_reading(read(check_text(text or ""), classifier))

    gr.HTML("<p class='tg-intro'>Write what you think of a film, or take an example, and watch the model read it.</p>")
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            text = gr.Textbox(
                WARM, label="Review", lines=7, max_lines=14, max_length=TEXT_CHARACTERS, elem_id="tg-review",
                placeholder="Any text. Shift+Enter classifies it.",
            )  # fmt: skip
            copy = copy_choice(copies)
            with gr.Row():
                button = gr.Button("Classify", variant="primary", elem_id="tg-classify")
                clear = gr.Button("Clear", elem_id="tg-clear")
            examples = gr.Dataset(
                components=[text], samples=[[t] for t in EXAMPLES.values()], sample_labels=list(EXAMPLES),
                label="Examples", type="index", elem_id="tg-examples",
            )  # fmt: skip
        with gr.Column(scale=3, min_width=300):
            result = gr.HTML(answer(WARM, "auto"), elem_id="tg-reading", container=True, padding=True)
    events = [button.click, text.submit, copy.change]
    answered = gr.on(events, answer, [text, copy], result, **PRIVATE)
    picked = examples.click(lambda index: list(EXAMPLES.values())[index], examples, text, **QUICK)
    picked.then(answer, [text, copy], result, **PRIVATE)
    clear.click(lambda: "", None, text, **QUICK)
    return ClassifyTab(text, answered)
