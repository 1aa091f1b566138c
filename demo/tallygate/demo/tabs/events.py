"""What every event of the page has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from tallygate.runtime.errors import TallygateError

P = ParamSpec("P")
R = TypeVar("R")

PRIVATE: dict[str, Any] = {"api_visibility": "private", "concurrency_id": "model", "show_progress": "hidden"}
"""Options of an event that only the page itself uses; what computes shares one bounded queue."""

QUICK: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
"""Options of an event that computes nothing."""


def told(function: Callable[P, R]) -> Callable[P, R]:
    """Turn a :class:`TallygateError` into Gradio's, which the visitor sees as one line and no log as a traceback."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TallygateError as error:
            raise gr.Error(str(error), title="This cannot be done", print_exception=False) from error

    return call
