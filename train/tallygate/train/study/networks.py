"""Networks to compare the LSTM with. Each is the product's classifier, forward pass and pooling included, with one
piece replaced, so that a difference in accuracy comes from that piece.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from tallygate.train.network import Architecture, LSTMClassifier, LSTMLayer, reverse_within_length

Kind = Literal["rnn", "gru", "lstm"]
_LAYERS: dict[str, type[nn.RNN | nn.GRU]] = {"rnn": nn.RNN, "gru": nn.GRU}


class RecurrentLayer(nn.Module):
    """A simple RNN (tanh) or GRU that reads forward and, if bidirectional, a second one that reads backward."""

    def __init__(self, kind: Literal["rnn", "gru"], inputs: int, units: int, bidirectional: bool = False) -> None:
        super().__init__()
        self.forward_cell = _cell(kind, inputs, units)
        self.backward_cell = _cell(kind, inputs, units) if bidirectional else None

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """``inputs`` float [batch, time, inputs] -> float [batch, time, units * directions]."""
        states: Tensor = self.forward_cell(inputs)[0]
        if self.backward_cell is None:
            return states
        backward = self.backward_cell(reverse_within_length(inputs, lengths))[0]
        return torch.cat([states, reverse_within_length(backward, lengths)], dim=2)


class RecurrentClassifier(LSTMClassifier):
    """``(ids int64 [batch, time], lengths int64 [batch]) -> logits float32 [batch, outputs]``, like the product's.

    ``lstm`` is the product's LSTM itself; ``rnn`` and ``gru`` stand in its place, with the same initial values.
    ``embedding`` float [vocabulary, embedding_size] are the embedding's first values, which training leaves alone if
    ``frozen``.
    """

    def __init__(
        self, kind: Kind, architecture: Architecture, embedding: Tensor | None = None, frozen: bool = False
    ) -> None:
        super().__init__(architecture)
        if kind != "lstm":
            self.lstm = nn.ModuleList(
                RecurrentLayer(kind, size, architecture.hidden_size, architecture.bidirectional)
                for size in [architecture.embedding_size] + [architecture.width] * (architecture.layers - 1)
            )
        if embedding is not None:
            with torch.no_grad():
                self.embedding.weight.copy_(embedding)
            self.embedding.weight.requires_grad_(not frozen)

    def states(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The hidden states that the pooling sees, without dropout: float [batch, time, units * directions]."""
        states: Tensor = self.embedding(ids)
        for layer in self.lstm:
            states = layer(states, lengths)
        return states

    def logits(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Logits of what :meth:`states` gave: float32 [batch, outputs]. For gradients with respect to a state."""
        logits: Tensor = self.head(self._pool(states, lengths))
        return logits.float()


class OneHotLSTMClassifier(LSTMClassifier):
    """An LSTM over one-hot words, without an embedding.

    The product of the input weights and a one-hot word is one column of them, so the columns are looked up:
    ``embedding`` holds them transposed, float [vocabulary, 4 * units], and nothing is multiplied by zeros.
    """

    def __init__(self, architecture: Architecture) -> None:
        """``embedding_size`` of ``architecture`` is of no use here; one layer in one direction."""
        gates = 4 * architecture.hidden_size
        sizes = {name: getattr(architecture, name) for name in architecture.__struct_fields__}
        super().__init__(Architecture(**{**sizes, "embedding_size": gates, "layers": 1, "bidirectional": False}))
        nn.init.xavier_uniform_(self.embedding.weight)
        layer = self.lstm[0]
        assert isinstance(layer, LSTMLayer)
        del layer.forward_lstm.weight_ih
        layer.forward_lstm.register_buffer("weight_ih", torch.eye(gates), persistent=False)


class MlpClassifier(LSTMClassifier):
    """Average of the word vectors, one hidden layer of ReLU units, linear: it knows nothing of the words' order."""

    def __init__(self, architecture: Architecture) -> None:
        """``hidden_size`` is the size of the hidden layer."""
        sizes = {name: getattr(architecture, name) for name in architecture.__struct_fields__}
        super().__init__(Architecture(**{**sizes, "bidirectional": False, "pooling": "mean"}))
        self.lstm = nn.ModuleList()
        units = architecture.hidden_size
        hidden = nn.Linear(architecture.embedding_size, units)
        self.head = nn.Sequential(hidden, nn.ReLU(), nn.Linear(units, architecture.outputs))  # type: ignore[assignment]


def _cell(kind: Literal["rnn", "gru"], inputs: int, units: int) -> nn.RNN | nn.GRU:
    """Glorot-uniform inputs, each gate's recurrence orthogonal, zero biases: as the product's LSTM begins."""
    cell = _LAYERS[kind](inputs, units, batch_first=True)
    for name, parameter in cell.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter)
        else:
            for gate in parameter.detach().chunk(len(parameter) // units):
                nn.init.orthogonal_(gate)
    return cell
