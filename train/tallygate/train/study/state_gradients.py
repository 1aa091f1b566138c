"""The gradient of the loss with respect to every hidden state on the way from the first word to the answer."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from tallygate.train.loop import losses
from tallygate.train.network import LSTMLayer
from tallygate.train.study.networks import RecurrentClassifier, RecurrentLayer


def state_gradient_norms(model: RecurrentClassifier, ids: Tensor, targets: Tensor) -> list[float]:
    """Norm of dLoss/dh_t at t = 1 ... time: Euclidean over the units, mean over the texts.

    ``ids`` int64 [texts, time] without padding, ``targets`` int64 [texts]. Each text's own loss is differentiated,
    through all later states, so the network is computed one word at a time: the gradient of a whole layer's output
    holds only what reaches the answer directly. Along the LSTM's way lies the cell C_t, which h_t changes at t + 1.
    In float64, where a gradient that has all but vanished is still a number.
    """
    model = copy.deepcopy(model).double()
    states = _states(model, model.embedding(ids))
    logits = model.head(states[-1])
    gradients = torch.autograd.grad(losses(logits, targets).sum(), states)
    return [gradient.norm(dim=1).mean().item() for gradient in gradients]


def recurrent_weights(model: RecurrentClassifier) -> Tensor:
    """The matrix that takes h_{t-1} to the gates: float [gates * units, units]."""
    return _weights(model)[1]


def _weights(model: RecurrentClassifier) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    layer = model.lstm[0]
    if isinstance(layer, LSTMLayer):
        lstm = layer.forward_lstm
        return lstm.weight_ih, lstm.weight_hh, lstm.bias, lstm.zeros
    assert isinstance(layer, RecurrentLayer)
    parameters = dict(layer.forward_cell.named_parameters())
    inputs, recurrent, bias, second = (
        parameters[f"{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return inputs, recurrent, bias, second


def _states(model: RecurrentClassifier, inputs: Tensor) -> list[Tensor]:
    """h_t for every t: float [texts, units] each, computed from the one before."""
    weights = _weights(model)
    hidden = cell = inputs.new_zeros(len(inputs), weights[1].shape[1])
    gates = len(weights[1]) // weights[1].shape[1]
    states = []
    for step in inputs.unbind(dim=1):
        if gates == 4:
            hidden, cell = torch.lstm_cell(step, (hidden, cell), *weights)
        elif gates == 3:
            hidden = torch.gru_cell(step, hidden, *weights)
        else:
            hidden = torch.rnn_tanh_cell(step, hidden, *weights)
        states.append(hidden)
    return states
