"""Inside the cell: every gate of the LSTM, word by word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr

from tallygate.demo.cell import CellReading, Microscope, Order
from tallygate.demo.copies import Copies
from tallygate.demo.examples import Examples
from tallygate.demo.limits import TEXT_CHARACTERS, check_text
from tallygate.demo.reading import Words, words_of
from tallygate.demo.show.cell import show_maps, show_memory, show_step, show_words
from tallygate.demo.tabs.events import PRIVATE, QUICK, ask_for_text, bring_into_view, mark_stale, told

ORDERS: list[tuple[str, Order]] = [
    ("their pull on the answer", "pull"),
    ("the word that they respond to", "response"),
]

_PICK_WORD = """
element.addEventListener('click', (event) => {
  const word = event.target.closest('[data-step]');
  if (word) { element.dataset.focus = '1'; trigger('select', {index: Number(word.dataset.step)}); }
});
element.addEventListener('keydown', (event) => {
  const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  const words = [...element.querySelectorAll('[data-step]')];
  const next = move && words[words.indexOf(document.activeElement) + move];
  if (next) { event.preventDefault(); next.focus(); next.click(); }
});
watch('value', () => {
  if (element.dataset.focus) { element.querySelector('.chosen')?.focus({preventScroll: true}); }
  element.dataset.focus = '';
});
"""
_PICK_COLUMN = """
element.addEventListener('click', (event) => {
  const map = event.target.closest('[data-words]');
  if (!map) { return; }
  const box = map.getBoundingClientRect();
  const words = Number(map.dataset.words);
  const index = Math.floor((event.clientX - box.left) / box.width * words);
  trigger('select', {index: Math.min(Math.max(index, 0), words - 1)});
});
"""


class Opened(NamedTuple):
    """The tab's outputs, in their order."""

    words: str
    step_view: str
    maps: str
    memory: str
    step: int
    text: str


@dataclass(frozen=True)
class CellTab:
    """What the page needs of this tab."""

    text: gr.Textbox
    explorer: Explorer
    inputs: list[Any]
    """Of :meth:`Explorer.revisit`."""
    outputs: list[Any]


def build_cell(copies: Copies, microscope: Microscope, examples: Examples) -> CellTab:
    """Put the tab's components into the current block."""
    explorer = Explorer(copies, microscope)
    gr.HTML(_INTRODUCTION)
    names = list(microscope.views)
    text = gr.Textbox(
        examples.first, label=examples.noun, lines=2, max_lines=4, max_length=TEXT_CHARACTERS, elem_id="tg-cell-text"
    )
    with gr.Row(equal_height=False):
        order = gr.Radio(ORDERS, value="pull", label="Sort the units by", scale=3, min_width=280)
        view = gr.Radio(names, value=names[0], label="Layer", visible=len(names) > 1, scale=2, min_width=200)
        button = gr.Button("Look inside", variant="primary", scale=1, min_width=160, elem_id="tg-look")
    first = explorer.open(examples.first, names[0], "pull")
    step = gr.State(first.step)
    words = gr.HTML(first.words, js_on_load=_PICK_WORD, elem_id=_ANSWER, container=True, padding=True)
    step_view = gr.HTML(first.step_view, elem_id="tg-step")
    memory = gr.HTML(first.memory, elem_id="tg-memory", container=True, padding=True)
    gr.HTML("<h3>Every gate over the whole text</h3>")
    maps = gr.HTML(first.maps, js_on_load=_PICK_COLUMN, elem_id="tg-maps", container=True, padding=True)
    shown = gr.State(examples.first)
    everything = [words, step_view, maps, memory, step, shown]
    asked = gr.on([button.click, text.submit, view.change], explorer.open, [text, view, order], everything, **PRIVATE)
    asked.then(None, text, None, js=bring_into_view(_ANSWER), **QUICK)
    text.change(None, text, None, js=mark_stale(_ANSWER), **QUICK)
    gr.on([words.select, maps.select], explorer.pick, [text, view, order], everything, **PRIVATE)
    order.change(explorer.sort, [text, view, order, step], everything, **PRIVATE)
    return CellTab(text, explorer, [text, view, order, shown], everything)


@dataclass(frozen=True)
class _Look:
    text: str
    cell: CellReading
    words: Words
    predicted: int


class Explorer:
    """Draws the tab for a text; it keeps nothing, so visitors cannot meet in it."""

    def __init__(self, copies: Copies, microscope: Microscope) -> None:
        self._copies, self._microscope = copies, microscope

    @told
    def open(self, text: str, view: str, order: Order) -> Opened:
        """Look at the word of which the last cell holds most."""
        look = self._look(text, view)
        return self._draw(look, int(look.cell.kept_shares.argmax()), order) if look else _nothing(text)

    @told
    def revisit(self, text: str, view: str, order: Order, shown: str) -> Opened | dict[str, Any]:
        """Look at a text that another tab has changed meanwhile; leave everything as it was if none has."""
        return gr.skip() if text == shown else self.open(text, view, order)

    @told
    def pick(self, text: str, view: str, order: Order, event: gr.EventData) -> Opened:
        """Look at the word that was clicked."""
        index = event.index if isinstance(event.index, int) else 0
        return self.sort(text, view, order, index)

    @told
    def sort(self, text: str, view: str, order: Order, step: int) -> Opened:
        """Look at the same word, with the units in another order."""
        look = self._look(text, view)
        return self._draw(look, min(max(step, 0), len(look.words.kept) - 1), order) if look else _nothing(text)

    def _look(self, text: str, view: str) -> _Look | None:
        classifier, text = self._copies.load(self._copies.first), check_text(text or "")
        if not text.strip():
            return None
        predicted = classifier.labels.index(classifier.predict(text).likeliest)
        cell = self._microscope.look(classifier.tokenizer.encode(text), view, predicted)
        return _Look(text, cell, words_of(text, classifier.tokenizer), predicted)

    def _draw(self, look: _Look, step: int, order: Order) -> Opened:
        labels = list(self._copies.bundle.manifest.labels)
        return Opened(
            show_words(look.cell, look.words, step, look.text),
            show_step(look.cell, look.words, step, order),
            show_maps(look.cell, look.words, step, order),
            show_memory(look.cell, look.words, labels, look.predicted),
            step,
            look.text,
        )


def _nothing(text: str) -> Opened:
    return Opened(ask_for_text(), "", "", "", 0, text)


_ANSWER = "tg-cell-words"
_INTRODUCTION = """
<p class='tg-intro'>An LSTM reads one word after another and carries a memory along: the cell. At each word it
forgets some of the cell, writes something into it, and shows some of it to the next step. Pick a word to see how.</p>
"""
