"""Cases of a behavioural suite out of the frames that training never reads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tallygate.train.sentences.frames import Frame, Part, frames_of
from tallygate.train.sentences.polar import COMMON
from tallygate.train.sentences.sampling import filled

LABELS = ("negative", "positive")
_CAPABILITIES = {"twin": "affirmative twin", "aside": "negator elsewhere"}
_PARTS: tuple[Part, ...] = ("trained", "held_out")


def suite_cases(seed: int = 0) -> list[dict[str, object]]:
    """Each frame with both labels, once with words that training reads and once with such as it never does.

    They are what ``tallygate check`` reads; the words are the common ones of our own list.
    """
    generator = np.random.default_rng(seed)
    return [case for frame in frames_of("held_out") for case in _cases(frame, generator)]


def _cases(frame: Frame, generator: np.random.Generator) -> Iterator[dict[str, object]]:
    if frame.kind == "neutral":
        text = filled(frame, 0, COMMON, generator)
        yield {"kind": "mft", "capability": "says nothing", "text": f"{text}.", "at_most": 0.8}
        return
    for part in _PARTS:
        for label in (0, 1):
            text = filled(frame, label, COMMON.part(part), generator)
            yield {"kind": "mft", "capability": _capability(frame, part), "text": f"{text}.", "label": LABELS[label]}


def _capability(frame: Frame, part: Part) -> str:
    name = _CAPABILITIES.get(frame.kind, f"new frame, {frame.family}")
    return f"{name}, new words" if part == "held_out" else name
