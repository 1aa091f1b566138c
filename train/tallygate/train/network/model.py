"""The network, embedding to linear layer, with one ``forward`` for training and for export."""

from __future__ import annotations

import math

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from tallygate.runtime.engines.plain import ActivationName
from tallygate.runtime.graph import Pooling, check_pooling_floor
from tallygate.runtime.ngrams import NgramShape
from tallygate.train.network.activations import ACTIVATIONS
from tallygate.train.network.ngrams import NgramPart


class Architecture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is needed to build the network again."""

    vocabulary_size: int
    embedding_size: int
    hidden_size: int
    outputs: int
    """1 for two labels (one logit, positive means the second label), else the number of labels."""
    layers: int = 1
    bidirectional: bool = False
    pooling: Pooling = "last"
    pooling_floor: int = 1
    """Least divisor of a mean."""
    head_activation: ActivationName = "linear"
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    variational_dropout: float = 0.0
    token_dropout: float = 0.0
    output_dropout: float = 0.0
    weight_drop: float = 0.0
    ngrams: NgramShape | None = None
    """Of the n-gram part beside the LSTM, where there is one."""

    def __post_init__(self) -> None:
        check_pooling_floor(self.pooling, self.pooling_floor)

    @property
    def width(self) -> int:
        """Features that one layer gives per time step."""
        return self.hidden_size * (2 if self.bidirectional else 1)

    @property
    def features(self) -> int:
        """What the head sees."""
        return self.width * (2 if self.pooling == "max-mean" else 1)


class LSTM(nn.Module):
    """One layer in one direction, with one bias per gate (PyTorch's second bias is fixed at zero).

    Rows of each parameter hold the gates in PyTorch's order: input, forget, candidate, output. Parameters count
    4(m^2 + mn + m) for m units and n inputs.
    """

    def __init__(self, inputs: int, units: int, weight_drop: float = 0.0) -> None:
        super().__init__()
        self._weight_drop = weight_drop
        self.weight_ih = nn.Parameter(torch.empty(4 * units, inputs))
        self.weight_hh = nn.Parameter(torch.empty(4 * units, units))
        self.bias = nn.Parameter(torch.empty(4 * units))
        self.register_buffer("zeros", torch.zeros(4 * units), persistent=False)
        self.zeros: Tensor
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Glorot-uniform inputs, orthogonal recurrence, zero bias with 1 at the forget gate: the Keras defaults."""
        units = self.weight_hh.shape[1]
        nn.init.xavier_uniform_(self.weight_ih)
        nn.init.orthogonal_(self.weight_hh)
        with torch.no_grad():
            self.bias.zero_()
            self.bias[units : 2 * units] = 1.0

    def forward(self, inputs: Tensor) -> Tensor:
        """``inputs`` float [batch, time, inputs] -> hidden states float [batch, time, units]."""
        state = inputs.new_zeros(1, inputs.shape[0], self.weight_hh.shape[1])
        weights = [self.weight_ih, self._recurrent_weights(), self.bias, self.zeros]
        states, _, _ = torch.lstm(inputs, (state, state), weights, True, 1, 0.0, self.training, False, True)
        return states

    def _recurrent_weights(self) -> Tensor:
        if not (self.training and self._weight_drop):
            return self.weight_hh
        return functional.dropout(self.weight_hh, self._weight_drop)


class LSTMLayer(nn.Module):
    """One layer: an LSTM that reads forward and, if bidirectional, a second one that reads backward."""

    def __init__(self, inputs: int, units: int, bidirectional: bool, weight_drop: float = 0.0) -> None:
        super().__init__()
        self.forward_lstm = LSTM(inputs, units, weight_drop)
        self.backward_lstm = LSTM(inputs, units, weight_drop) if bidirectional else None

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """``inputs`` float [batch, time, inputs] -> float [batch, time, units * directions]."""
        states: Tensor = self.forward_lstm(inputs)
        if self.backward_lstm is None:
            return states
        backward = self.backward_lstm(reverse_within_length(inputs, lengths))
        return torch.cat([states, reverse_within_length(backward, lengths)], dim=2)


class LSTMClassifier(nn.Module):
    """``(ids int64 [batch, time], lengths int64 [batch]) -> logits float32 [batch, outputs]``.

    Lengths are at least 1. What stands at or after a row's length never changes its logits.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = a = architecture
        self.embedding = nn.Embedding(a.vocabulary_size, a.embedding_size)
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        inputs = [a.embedding_size] + [a.width] * (a.layers - 1)
        layers = (LSTMLayer(size, a.hidden_size, a.bidirectional, a.weight_drop) for size in inputs)
        self.lstm = nn.ModuleList(layers)
        self.embedding_dropout = nn.Dropout(a.embedding_dropout)
        self.variational_dropout = nn.Dropout1d(a.variational_dropout)
        self.output_dropout = nn.Dropout1d(a.output_dropout)
        self.dropout = nn.Dropout(a.dropout)
        self.head = nn.Linear(a.features, a.outputs)
        self.ngrams = None if a.ngrams is None else NgramPart(a.ngrams, a.vocabulary_size, a.outputs)

    def forward(self, ids: Tensor, lengths: Tensor, shift: Tensor | None = None) -> Tensor:
        """Logits of a padded batch, before calibration.

        ``shift`` float [batch, time, embedding_size] moves the embedded words: adversarial training asks for it.
        """
        embedded = self.embedding(ids)
        states = self.embedding_dropout(embedded if shift is None else embedded + shift)
        if self.training and self.architecture.variational_dropout:
            states = _same_at_every_step(self.variational_dropout, states)
        if self.training and self.architecture.token_dropout:
            states = states * functional.dropout(states.new_ones(*ids.shape, 1), self.architecture.token_dropout)
        for index, layer in enumerate(self.lstm):
            states = layer(states if index == 0 else self.dropout(states), lengths)
        if self.training and self.architecture.output_dropout:
            states = _same_at_every_step(self.output_dropout, states)
        features = ACTIVATIONS[self.architecture.head_activation].function(self._pool(states, lengths))
        logits: Tensor = self.head(self.dropout(features)).float()
        return logits if self.ngrams is None else logits + self.ngrams(ids, lengths)

    def _pool(self, states: Tensor, lengths: Tensor) -> Tensor:
        if self.architecture.pooling == "last":
            return self._last(states, lengths)
        valid = (_positions(states) < lengths.unsqueeze(1)).unsqueeze(2)
        divisor = lengths.unsqueeze(1)
        if self.architecture.pooling_floor > 1:
            divisor = divisor.clamp(min=self.architecture.pooling_floor)
        pooled = [_POOLED[name](states, valid, divisor) for name in self.architecture.pooling.split("-")]
        return pooled[0] if len(pooled) == 1 else torch.cat(pooled, dim=1)

    def _last(self, states: Tensor, lengths: Tensor) -> Tensor:
        """The state after the whole text: at the last valid step forward, at the first one backward."""
        units = self.architecture.hidden_size
        index = (lengths - 1).reshape(-1, 1, 1).expand(-1, 1, units)
        final = states[:, :, :units].gather(1, index).squeeze(1)
        return torch.cat([final, states[:, 0, units:]], dim=1) if self.architecture.bidirectional else final


def reverse_within_length(states: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each row of float [batch, time, width] inside its own length; padding stays where it is."""
    positions = _positions(states)
    mirrored = lengths.unsqueeze(1) - 1 - positions
    index = torch.where(mirrored >= 0, mirrored, positions)
    return states.gather(1, index.unsqueeze(2).expand(-1, -1, states.shape[2]))


def parameter_count(model: nn.Module) -> int:
    """Number of trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def _same_at_every_step(dropout: nn.Dropout1d, states: Tensor) -> Tensor:
    """Whole features of [batch, time, features] are dropped (Gal & Ghahramani 2016)."""
    dropped: Tensor = dropout(states.transpose(1, 2)).transpose(1, 2)
    return dropped


def _max(states: Tensor, valid: Tensor, _divisor: Tensor) -> Tensor:
    return states.masked_fill(~valid, -math.inf).amax(dim=1)


def _mean(states: Tensor, valid: Tensor, divisor: Tensor) -> Tensor:
    return (states * valid).sum(dim=1) / divisor


_POOLED = {"max": _max, "mean": _mean}


def _positions(states: Tensor) -> Tensor:
    return torch.arange(states.shape[1], device=states.device).unsqueeze(0)
