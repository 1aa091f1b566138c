"""About: the bundle, its model card and how to ask the page from a program."""

from __future__ import annotations

import gradio as gr

from tallygate.demo.show.about import model_card, show_about
from tallygate.runtime.bundle import Bundle


def build_about(bundle: Bundle) -> None:
    """Put the tab's components into the current block."""
    gr.HTML(show_about(bundle), container=True, padding=True, elem_id="tg-about")
    card = model_card(bundle)
    if card:
        gr.Markdown(card, container=True, elem_id="tg-card")
    gr.HTML("<h3>Ask from a program</h3>")
    gr.Code(SNIPPET, language="python", label="pip install gradio_client", interactive=False, elem_id="tg-snippet")


SNIPPET = """from gradio_client import Client

client = Client("http://127.0.0.1:7860", analytics_enabled=False)
answer = client.predict("A wonderful film", api_name="/classify")
print(answer["label"], answer["score"])
print(client.predict(["A wonderful film", "A dull one"], api_name="/classify_many"))
print(client.predict(api_name="/copies"))
"""
