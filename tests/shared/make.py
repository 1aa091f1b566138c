"""Writes the golden files: ``python -m tests.shared.make`` from the root of the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tallygate.runtime.engines.integer import IntegerLSTM, read_image
from tallygate.runtime.prediction import probabilities_from_logits
from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary
from tests.native.conftest import make_image

FOLDER = Path(__file__).parent
MODELS: dict[str, dict[str, Any]] = {
    "two-labels": {"hidden": 36, "pooling": "mean", "pooling_floor": 25},
    "three-labels": {"hidden": 10, "outputs": 3, "directions": 2, "layers": 2, "pooling": "max", "keep": "first"},
}
TEXTS = [
    "",
    " \t\n",
    "good",
    "Good, BAD: good!",
    "don't don\u2019t 'don't' don''t don't' '",
    "caf\u00e9 cafe\u0301 CAF\u00c9 \u1e69 s\u0323\u0307 s\u0307\u0323 S\u0323\u0307",
    "good<br>bad<br/>good<BR />bad< br>good<br  />bad",
    "\u0130 i\u0307 I\u0307 \u03a3\u03c2\u03c3 \u0958 \u0915\u093c \uac01 \u1100\u1161\u11a8 \ud55c\uae00",
    "ax ay az bx by bz " * 9,
    "good \U0001f600 bad \u200b good\u00a0bad \u2028 good\ufeffbad",
    "x" * 40 + " " + "x" * 41 + " " + "x" * 4000,
    "good" + "\u0301" * 300 + " bad" + "\u0338" * 60 + "= \u0338",
    "! ? . , ; \u2026 != =\u0338 ... ?!",
    "\u0e20\u0e32\u0e1e\u0e22\u0e19\u0e15\u0e23\u0e4c \u6620\u753b"
    " \u0444\u0438\u043b\u044c\u043c \U00010400 \u01c5 \u1e9e",
    "bad " * 39 + "good",
    "bad " * 40 + "good",
    "good " + "bad " * 40,
    "0 1 \u0661 \u00bd x2 2x \u2167 _ - a_b a-b",
]


def main() -> None:
    """Write images and goldens."""
    for name, shape in MODELS.items():
        image = make_image(**shape)
        (FOLDER / f"{name}.integer.bin").write_bytes(image)
        (FOLDER / f"{name}.json").write_text(json.dumps(goldens(image), indent=1) + "\n", encoding="ascii")


def goldens(data: bytes) -> dict[str, Any]:
    """What the specification answers to TEXTS."""
    image = read_image(data, "image")
    contract = TextContract(max_length=image.max_length, keep=image.keep, punctuation=image.punctuation, version=2)
    tokenizer = Tokenizer(Vocabulary(image.words, len(image.model.embedding)), contract)
    lstm = IntegerLSTM(image.model)
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text)
        logits = lstm.logits(np.array([ids]), np.array([len(ids)])).reshape(1, -1)
        temperature = float(image.temperatures[min(len(ids), len(image.temperatures)) - 1])
        scores = probabilities_from_logits(logits.astype(np.float32), temperature)[0]
        bits = [f"{int(value):016x}" for value in logits[0].view(np.uint64)]
        rows.append({"text": text, "ids": ids, "logits": bits, "scores": scores.tolist()})
    return {"labels": image.labels, "rows": rows}


if __name__ == "__main__":
    main()
