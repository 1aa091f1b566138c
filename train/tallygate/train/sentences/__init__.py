"""Short sentences of our own writing: frames, the words that fill them, and what is held out for measuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.sentences.frames import FAMILIES as FAMILIES
    from tallygate.train.sentences.frames import Frame as Frame
    from tallygate.train.sentences.frames import Kind as Kind
    from tallygate.train.sentences.frames import Part as Part
    from tallygate.train.sentences.frames import frames_of as frames_of
    from tallygate.train.sentences.polar import COMMON as COMMON
    from tallygate.train.sentences.polar import PolarWords as PolarWords
    from tallygate.train.sentences.polar import is_held_out as is_held_out
    from tallygate.train.sentences.polar import polar_words as polar_words
    from tallygate.train.sentences.sampling import Sentence as Sentence
    from tallygate.train.sentences.sampling import draw as draw
    from tallygate.train.sentences.sampling import filled as filled
    from tallygate.train.sentences.suite import suite_cases as suite_cases
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "frames": ("FAMILIES", "Frame", "Kind", "Part", "frames_of"),
            "polar": ("COMMON", "PolarWords", "is_held_out", "polar_words"),
            "sampling": ("Sentence", "draw", "filled"),
            "suite": ("suite_cases",),
        },
    )
