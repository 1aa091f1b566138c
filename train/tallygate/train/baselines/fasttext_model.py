"""fastText's text format, and how a loaded model is asked under NumPy 2. The package itself is not imported here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

LABEL = "__label__"
"""What its labels begin with."""


def line_of(tokens: Sequence[str]) -> str:
    """Tokens as one line of input: it splits at white space, and no token holds any."""
    return " ".join(tokens) + "\n"


def write_texts(path: Path, labels: Sequence[object], texts: Sequence[Sequence[str]], seed: int = 0) -> None:
    """Labelled texts as a file to train on, in an order that the seed decides.

    fastText reads its file from the first line to the last in every epoch: from texts that stand by label, as IMDB's
    do, one thread learns the last label only.
    """
    lines = [f"{LABEL}{label} {line_of(tokens)}" for label, tokens in zip(labels, texts, strict=True)]
    order = np.random.default_rng(seed).permutation(len(lines))
    path.write_text("".join(lines[row] for row in order), encoding="utf-8", newline="\n")


def best_label(model: Any, tokens: Sequence[str]) -> str | None:  # noqa: ANN401 - the package has no types
    """The likeliest label; ``None`` for a text without a known word.

    By the lower-level ``f.predict``: the package's own ``predict`` fails under NumPy 2.
    """
    found = model.f.predict(line_of(tokens), 1, 0.0, "strict")
    return str(found[0][1]).removeprefix(LABEL) if found else None
