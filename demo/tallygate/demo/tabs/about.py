"""About: the bundle, its model card and how to ask the page from a program."""

from __future__ import annotations

import json

import gradio as gr

from tallygate.demo.examples import Examples
from tallygate.demo.show.about import show_about
from tallygate.demo.show.card import show_card
from tallygate.runtime.bundle import Bundle


def build_about(bundle: Bundle, examples: Examples) -> None:
    """Put the tab's components into the current block."""
    gr.HTML(show_about(bundle), container=True, padding=True, elem_id="tg-about")
    card = show_card(bundle)
    if card:
        gr.HTML(card, container=True, padding=True, elem_id="tg-card")
    gr.HTML("<h3>Ask from a program</h3>")
    gr.Code(
        snippet(examples), language="python", label="pip install gradio_client", interactive=False, elem_id="tg-snippet"
    )


def snippet(examples: Examples) -> str:
    """A program that asks the page."""
    first, second = map(json.dumps, examples.short)
    return f"""from gradio_client import Client

client = Client("http://127.0.0.1:7860", analytics_enabled=False)
answer = client.predict({first}, api_name="/classify")
print(answer["label"], answer["score"])
print(client.predict([{first}, {second}], api_name="/classify_many"))
print(client.predict(api_name="/copies"))
"""
