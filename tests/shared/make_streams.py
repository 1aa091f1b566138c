"""Streams that Python, C and other languages answer alike: ``python -m tests.shared.make_streams`` writes them again.

``streams.json``: texts cut into pieces; after each piece the logits of the text so far (``waiting``) and of the words
that have ended (``settled``), as the sixteen hexadecimal digits of IEEE doubles, the numbers of tokens, and the SHA-256
of the state; the last state whole, in base64. ``streams.integer.bin`` is the model.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines import Streams
from tallygate.runtime.engines.integer import IntegerNumpyEngine

FOLDER = Path(__file__).parent
IMAGE, GOLDENS = FOLDER / "streams.integer.bin", FOLDER / "streams.json"
TEXTS = {
    "word by word": ["good ", "bad, ", "don't ", "ax", " by."],
    "inside words": ["go", "od b", "a", "d", "! a", "x"],
    "inside line breaks": ["good<", "b", "R", " ", "/", ">bad<br", "/>ax<br /", "x<br", ">", "<", "<br>", "<b"],
    "inside a place": ["cafe", "\u0301 s", "\u0323", "\u0307=", "\u0338", " \u1100", "\u1161", "\u11a8", "\u0130"],
    "apostrophes": ["don", "\u2019", "t '", "good'", "' don'", "t"],
    "a word that is too long": ["x" * 30, "x" * 30, " good"],
    "nothing": ["", " ", "\n"],
    "beyond the longest text": ["good bad ax "] * 20,
}


def hexadecimal(logits: NDArray[np.float64]) -> list[str]:
    """Of one row."""
    return [struct.pack(">d", value).hex() for value in logits]


def answers(streams: Streams, pieces: list[str]) -> dict[str, Any]:
    """What the first stream answers after each piece."""
    streams.clear(0)
    steps = []
    for piece in pieces:
        streams.push([0], [piece.encode("utf-8")])
        (waiting, tokens), (settled, _) = streams.logits([0], True), streams.logits([0], False)
        steps.append(
            {
                "piece": piece,
                "tokens": int(tokens[0]),
                "waiting": hexadecimal(waiting[0]),
                "settled": hexadecimal(settled[0]),
                "state": hashlib.sha256(streams.state(0)).hexdigest(),
            }
        )
    return {"steps": steps, "last state": base64.b64encode(streams.state(0)).decode("ascii")}


def goldens(streams: Streams) -> dict[str, Any]:
    """Answers to all texts."""
    return {name: answers(streams, pieces) for name, pieces in TEXTS.items()}


def main() -> None:
    """Write both files."""
    from tests.native.conftest import make_image

    IMAGE.write_bytes(make_image(layers=2))
    text = json.dumps(goldens(IntegerNumpyEngine(IMAGE.read_bytes()).streams(1)), indent=1, ensure_ascii=True)
    GOLDENS.write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
