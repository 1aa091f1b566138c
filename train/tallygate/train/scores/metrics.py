"""The figures of each epoch, as ``metrics.jsonl`` holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Stage = Literal["training", "tuning", "short"]


class EpochMetrics(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of ``metrics.jsonl``."""

    epoch: int
    """Counted from 1, on through all stages."""
    stage: Stage = "training"
    """``tuning`` is the second stage of a recipe that has one, on the labelled texts alone; ``short`` the one after it,
    on crops and sentences too."""
    train_loss: float
    """Mean over the epoch's rows while the weights changed, in nats."""
    train_accuracy: float
    """Share of right labels over the same rows, 0 to 1."""
    validation_loss: float | None = None
    """Mean after the epoch, in nats; None where nothing is held out."""
    validation_accuracy: float | None = None
    learning_rate: float
    """Of the epoch's last step."""
    seconds: float
    """Time of the epoch, validation included."""


def is_best_so_far(history: Sequence[EpochMetrics]) -> bool:
    """Whether no epoch before the last one is as good: by validation accuracy and, among equals, by the lower loss."""
    ranks = [_rank(metrics) for metrics in history]
    return ranks[-1] is not None and all(rank is None or rank < ranks[-1] for rank in ranks[:-1])


def _rank(metrics: EpochMetrics) -> tuple[float, float] | None:
    if metrics.validation_accuracy is None or metrics.validation_loss is None:
        return None
    return metrics.validation_accuracy, -metrics.validation_loss


def jsonl_from_metrics(history: Sequence[EpochMetrics]) -> bytes:
    """One JSON object per line, in the order of the epochs."""
    return msgspec.json.Encoder().encode_lines(list(history))


def metrics_from_jsonl(data: bytes) -> list[EpochMetrics]:
    """Read ``metrics.jsonl``. Raises :class:`msgspec.ValidationError` for lines of another kind."""
    return msgspec.json.Decoder(EpochMetrics).decode_lines(data)
