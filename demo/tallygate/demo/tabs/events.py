"""What every event of the page has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from tallygate.demo.templating import render
from tallygate.runtime.errors import TallygateError

P = ParamSpec("P")
R = TypeVar("R")

PRIVATE: dict[str, Any] = {"api_visibility": "private", "concurrency_id": "model", "show_progress": "hidden"}
"""Options of an event that only the page itself uses; what computes shares one bounded queue."""

QUICK: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
"""Options of an event that computes nothing."""


def mark_stale(element: str) -> str:
    """Script of an event whose input is a text: greys the answer in ``element`` unless it is the answer to that text.

    What is answered says in ``data-read`` to which text.
    """
    return f"(text) => {{ {_GREY.replace('ELEMENT', element)} }}"


def follow_typing(element: str, button: str) -> str:
    """Script of a text's change: as :func:`mark_stale`, and ``button`` is clicked when the typing rests, or goes on for
    long, unless the answer is there already. The event of that button must be the one that everything else asks
    through, with ``trigger_mode="always_last"``: it then runs once at a time, so no answer comes behind a newer one.
    """
    return f"(text) => {{ {_GREY.replace('ELEMENT', element)} {_FOLLOW.replace('BUTTON', button)} }}"


def bring_when_answered(element: str) -> str:
    """Script of an event whose input is a text that somebody wants answered: its answer is brought into view as soon as
    :func:`bring_into_view` meets it, or at once where it is there."""
    return f"(text) => {{ {_GREY.replace('ELEMENT', element)} window.tgWanted = text; {_SHOW_WANTED} }}"


def show_answer(element: str) -> str:
    """Script of what follows an answer: greys it unless it is the answer to the text that is its input now, and brings
    it into view where that is wanted."""
    return f"(text) => {{ {_GREY.replace('ELEMENT', element)} {_SHOW_WANTED} }}"


def bring_into_view(element: str) -> str:
    """Script of an event whose input is the text that was answered: shows the answer where it is out of sight, as below
    the form on a phone.
    """
    return f"(text) => {{ {_GREY.replace('ELEMENT', element)} {_SHOW} }}"


REST_MS, LONGEST_MS = 150, 450
"""Milliseconds without a key after which the answer is asked for, and the longest that it waits for that."""

_GREY = """
const box = document.getElementById('ELEMENT');
const read = box?.querySelector('[data-read]');
read?.classList.toggle('tg-stale', read.dataset.read !== (text ?? '').replace(/\\r\\n?/g, '\\n'));
"""
_SHOW = """
const edge = box?.getBoundingClientRect();
if (edge && (edge.top < 0 || edge.top > 0.6 * window.innerHeight)) {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  box.scrollIntoView({behavior: still ? 'auto' : 'smooth', block: 'start'});
}
"""


_SHOW_WANTED = f"""
if (window.tgWanted === text && read && !read.classList.contains('tg-stale')) {{
  window.tgWanted = null;
  {_SHOW}
}}
"""
_FOLLOW = f"""
const typing = (window.tgTyping ??= {{}});
clearTimeout(typing.timer);
if (read && !read.classList.contains('tg-stale')) typing.since = null;
else {{
  typing.since ??= performance.now();
  const longest = typing.since + {LONGEST_MS} - performance.now();
  typing.timer = setTimeout(() => {{
    typing.since = null;
    document.getElementById('BUTTON')?.click();
  }}, Math.max(0, Math.min({REST_MS}, longest)));
}}
"""


def ask_for_text() -> str:
    """What stands in the place of an answer where there is no text."""
    return render("message.html", kind="plain", text="There is no text to read. Write one, or take an example.")


def told(function: Callable[P, R]) -> Callable[P, R]:
    """Turn a :class:`TallygateError` into Gradio's, which the visitor sees as one line and no log as a traceback."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TallygateError as error:
            raise gr.Error(str(error), title="This cannot be done", print_exception=False) from error

    return call
