"""A trained run as the teacher of another one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tallygate.runtime.errors import CheckpointError
from tallygate.runtime.text import Tokenizer
from tallygate.train.baselines import Scores
from tallygate.train.folder import LAYOUT, load_checkpoint
from tallygate.train.loop import encode
from tallygate.train.scores import evaluate


def identity_of_run(folder: Path) -> bytes:
    """Bytes that only this checkpoint has. Raises :class:`CheckpointError` when there is none or it is damaged."""
    load_checkpoint(folder)
    return (folder / LAYOUT.checkpoint).read_bytes()


def logits_by_run(folder: Path, texts: Sequence[str], labels: Sequence[str]) -> Scores:
    """Calibrated logits of ``texts`` by the checkpoint in ``folder``: float64 [texts, outputs].

    Raises :class:`CheckpointError` when there is none, it is damaged, or it knows other labels.
    """
    checkpoint = load_checkpoint(folder)
    if tuple(labels) != checkpoint.labels:
        reason = f"knows the labels {', '.join(checkpoint.labels)}, not those of the data"
        raise CheckpointError(folder, reason, "name a run of the same labels as the teacher")
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    split = encode(texts, [0] * len(texts), tokenizer)
    temperatures = checkpoint.temperatures.of(list(map(len, split.rows)))
    calibrated: Scores = evaluate(checkpoint.model, split).numpy().astype(np.float64) / temperatures[:, None]
    return calibrated
