"""What a graph says that it is: the architecture in its metadata, and the sizes that its weights have."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tallygate.runtime.ngrams import NgramShape

ARCHITECTURE = "tallygate.architecture"
"""Key of the graph's metadata under which the architecture stands as JSON."""

Pooling = Literal["last", "mean", "max", "max-mean"]
"""What the head sees of all states; `max-mean` joins both, the maximum first."""
MAX_POOLING_FLOOR = 65_536
"""Tokens; what a device image can say (docs/device-image.md)."""

ActivationName = Literal["linear", "sigmoid", "tanh", "relu", "softplus", "leaky-relu"]


class Architecture(msgspec.Struct, frozen=True):
    """Which network a graph is. Sizes are optional; where they are told, the weights have them."""

    layers: int
    bidirectional: bool
    pooling: Pooling
    pooling_floor: Annotated[int, msgspec.Meta(ge=1, le=MAX_POOLING_FLOOR)] = 1
    """Least divisor of a mean: a shorter text's states are divided by this, so that it speaks softly."""
    head_activation: ActivationName = "linear"
    vocabulary_size: int | None = None
    embedding_size: int | None = None
    hidden_size: int | None = None
    outputs: int | None = None
    ngrams: NgramShape | None = None
    """Of the n-gram part beside the LSTM, where there is one."""

    def __post_init__(self) -> None:
        check_pooling_floor(self.pooling, self.pooling_floor)

    @property
    def directions(self) -> tuple[str, ...]:
        """As they stand in the names of weights."""
        return ("forward", "backward") if self.bidirectional else ("forward",)


def check_pooling_floor(pooling: str, floor: int) -> None:
    """Raise :class:`ValueError` for a floor that says nothing, or more than an image can say."""
    if floor != 1 and ("mean" not in pooling.split("-") or not 1 <= floor <= MAX_POOLING_FLOOR):
        raise ValueError(f"pooling_floor = {floor} must be 1, or up to {MAX_POOLING_FLOOR:,} where pooling has a mean")


class Sizes(msgspec.Struct, frozen=True):
    """The sizes of a network, as its weights have them."""

    vocabulary_size: int
    """Rows of the embedding."""
    embedding_size: int
    hidden_size: int
    outputs: int
    """Logits per text."""

    def width(self, architecture: Architecture) -> int:
        """Features that one layer gives per time step."""
        return self.hidden_size * len(architecture.directions)

    def features(self, architecture: Architecture) -> int:
        """What the head sees."""
        return self.width(architecture) * len(architecture.pooling.split("-"))
