"""What a graph says that it is: the architecture in its metadata, and the sizes that its weights have."""

from __future__ import annotations

from typing import Literal

import msgspec

ARCHITECTURE = "tallygate.architecture"
"""Key of the graph's metadata under which the architecture stands as JSON."""

ActivationName = Literal["linear", "sigmoid", "tanh", "relu", "softplus", "leaky-relu"]


class Architecture(msgspec.Struct, frozen=True):
    """Which network a graph is. Sizes are optional; where they are told, the weights have them."""

    layers: int
    bidirectional: bool
    pooling: Literal["last", "mean", "max"]
    head_activation: ActivationName = "linear"
    vocabulary_size: int | None = None
    embedding_size: int | None = None
    hidden_size: int | None = None
    outputs: int | None = None

    @property
    def directions(self) -> tuple[str, ...]:
        """As they stand in the names of weights."""
        return ("forward", "backward") if self.bidirectional else ("forward",)


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
