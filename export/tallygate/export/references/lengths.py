"""How honest the reference is by length: over the real texts that have labels, and over crops of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tallygate.runtime.parity import Reference
from tallygate.train.folder import Checkpoint
from tallygate.train.loop import EncodedSplit
from tallygate.train.scores import LengthBand, answers_from_logits, answers_of, bands_by_length, crops_of


def bands_of(checkpoint: Checkpoint, texts: Sequence[Reference]) -> list[LengthBand]:
    """Of the first of ``texts`` that has labels; nothing where none has."""
    for reference in texts:
        if reference.targets is not None and reference.ids is not None:
            split = EncodedSplit([list(row) for row in reference.ids], reference.targets)
            whole = answers_from_logits(torch.from_numpy(reference.logits), split)
            return bands_by_length([whole, answers_of(checkpoint.model, crops_of(split))], checkpoint.temperatures)
    return []
