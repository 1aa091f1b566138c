"""Classify: a text in, the answer and the way to it out."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from tallygate.demo.copies import Copies
from tallygate.demo.examples import Examples
from tallygate.demo.limits import TEXT_CHARACTERS, check_name, check_text
from tallygate.demo.reading import read
from tallygate.demo.show.reading import show_reading
from tallygate.demo.tabs.events import (
    PRIVATE,
    QUICK,
    ask_for_text,
    bring_when_answered,
    follow_typing,
    show_answer,
    told,
)


@dataclass(frozen=True)
class ClassifyTab:
    """What other tabs need of this one."""

    text: gr.Textbox


def copy_choice(copies: Copies, label: str = "Copy") -> gr.Dropdown:
    """A choice among the copies that this machine can run."""
    info = "variant on engine; all that this machine can run"
    return gr.Dropdown(copies.names, value=copies.first.name, label=label, info=info, filterable=False)


def build_classify(copies: Copies, examples: Examples, abstain_below: float = 0.0) -> ClassifyTab:
    """Put the tab's components into the current block; an answer below the score ``abstain_below`` is "unsure"."""

    @told
    def answer(text: str, copy: str) -> str:
        text = check_text(text or "")
        if not text.strip():
            return ask_for_text()
        return show_reading(read(text, copies.load(copies.find(check_name(copy)))), text, abstain_below)

    texts = list(examples.texts.values())

    def example(index: object) -> str:
        return texts[index] if isinstance(index, int) and 0 <= index < len(texts) else texts[0]

    gr.HTML(f"<p class='tg-intro'>{examples.invitation}, or take an example, and watch the model read it.</p>")
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            text, copy = _build_box(examples), copy_choice(copies)
            with gr.Row():
                button = gr.Button("Classify", variant="primary", min_width=110, elem_id="tg-classify")
                clear = gr.Button("Clear", min_width=80, elem_id="tg-clear")
            offered = gr.Dataset(
                components=[text], samples=[[text] for text in texts], sample_labels=list(examples.texts),
                label="Examples", type="index", elem_id="tg-examples",
            )  # fmt: skip
        with gr.Column(scale=3, min_width=300):
            result = gr.HTML(answer(examples.first, "auto"), elem_id=_ANSWER, container=True, padding=True)
    follow = gr.Button("Follow", visible="hidden", elem_id=_FOLLOW)
    picked = offered.click(example, offered, text, **QUICK)
    clear.click(lambda: "", None, text, **QUICK)
    # Before what answers: Gradio runs the events of a click in their order, and waits for each.
    gr.on([button.click, text.submit, copy.change], None, text, js=bring_when_answered(_ANSWER), **QUICK)
    picked.then(None, text, None, js=bring_when_answered(_ANSWER), **QUICK)
    asks = [follow.click, button.click, text.submit, copy.change]
    asked = gr.on(asks, answer, [text, copy], result, trigger_mode="always_last", **PRIVATE)
    asked.then(None, text, None, js=show_answer(_ANSWER), **QUICK)
    text.change(None, text, None, js=follow_typing(_ANSWER, _FOLLOW), **QUICK)
    return ClassifyTab(text)


def _build_box(examples: Examples) -> gr.Textbox:
    return gr.Textbox(
        examples.first, label=examples.noun, lines=7, max_lines=14, max_length=TEXT_CHARACTERS, elem_id="tg-review",
        placeholder="Any text. The answer follows the typing.",
    )  # fmt: skip


_ANSWER, _FOLLOW = "tg-reading", "tg-follow"
