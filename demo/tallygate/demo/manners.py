"""What Gradio does by itself and this page must not.

- It fetches a file that a request names by its address, for any component, a text box too.
- It prints a traceback for every request that it cannot understand, so that anybody can fill the log.

Neither can be switched off, and components are copied for each visit, so both are changed in one place: at the
functions of Gradio 6 that all of them call.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any, NoReturn

import gradio as gr
from gradio import processing_utils, queueing, routes

from tallygate.runtime.errors import InputError
from tallygate.runtime.terminal import notice

TOLD_CHARACTERS = 300
"""Most characters of what is told of a failed request."""


def teach_manners() -> None:
    """From here on Gradio fetches nothing in this process, and its tracebacks are one line each."""
    vars(processing_utils).update(
        async_ssrf_protected_download=_refuse_later,
        ssrf_protected_download=_refuse,
        save_url_to_cache=_refuse,
    )
    for module in (queueing, routes):
        vars(module)["traceback"] = _OneLine()


async def _refuse_later(address: object, cache_dir: object = None) -> NoReturn:
    _refuse(address, cache_dir)


def _refuse(_address: object, cache_dir: object = None) -> NoReturn:
    reason = "is an address, and nothing is fetched from elsewhere"
    error = InputError("the file", reason, "choose a file of your own")
    raise gr.Error(str(error), title="This cannot be done", print_exception=False)


def tell_fault(error: BaseException | None) -> None:
    """One line on standard error about a request that failed."""
    kind, lines = type(error).__name__, str(error).strip().splitlines()
    line = f"a request failed: {kind}: {lines[0] if lines else 'no reason given'}"
    notice(line if len(line) <= TOLD_CHARACTERS else f"{line[: TOLD_CHARACTERS - 1]}…")


class _OneLine:
    """Stands for the module ``traceback``."""

    def print_exc(self) -> None:
        tell_fault(sys.exception())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(traceback, name)
