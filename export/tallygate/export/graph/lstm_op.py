"""The LSTM as one opaque operator, so that the exporter writes it as ONNX's own ``LSTM`` and nothing else.

``torch.export`` of PyTorch's LSTM fixes the traced time and scatters the weights over slices. This operator takes
weights that are in ONNX's layout already, so they become initializers as they are.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from onnxscript import opset18
from torch import Tensor, nn

from tallygate.train.network import LSTM, LSTMClassifier

torch.library.define("tallygate::onnx_lstm", "(Tensor inputs, Tensor w, Tensor r, Tensor b) -> Tensor")


def _shape_of_states(inputs: Tensor, _w: Tensor, r: Tensor, _b: Tensor) -> Tensor:
    return inputs.new_empty(inputs.shape[0], inputs.shape[1], r.shape[2])


torch.library.register_fake("tallygate::onnx_lstm", _shape_of_states)


def _translation(inputs: Any, w: Any, r: Any, b: Any) -> Any:  # noqa: ANN401 - values of a graph under construction
    states, _, _ = opset18.LSTM(opset18.Transpose(inputs, perm=[1, 0, 2]), w, r, b, hidden_size=r.shape[2])
    directions: Any = opset18.Constant(value_ints=[1])
    return opset18.Transpose(opset18.Squeeze(states, directions), perm=[1, 0, 2])


def _softplus(z: Any, _beta: float = 1.0, _threshold: float = 20.0) -> Any:  # noqa: ANN401 - as above
    """PyTorch rounds it to z above 20, where they differ by 2e-9; its own translation makes three operators of that."""
    return opset18.Softplus(z)


def translation_table() -> dict[Any, Any]:
    """What ``torch.onnx.export`` needs to write the operator, and the softplus as one."""
    return {torch.ops.tallygate.onnx_lstm.default: _translation, torch.ops.aten.softplus.default: _softplus}


class OnnxLSTM(nn.Module):
    """Stands in for :class:`tallygate.train.network.model.LSTM`; same input and output, weights in ONNX's layout.

    ``w`` [1, 4 * units, inputs], ``r`` [1, 4 * units, units], ``b`` [1, 8 * units] (input biases, then recurrence
    biases); gates in the order i, o, f, c (https://onnx.ai/onnx/operators/onnx__LSTM.html).
    """

    def __init__(self, lstm: LSTM) -> None:
        super().__init__()
        biases = [_onnx_gate_order(lstm.bias), _onnx_gate_order(lstm.zeros)]
        self.w = nn.Parameter(_onnx_gate_order(lstm.weight_ih)[None])
        self.r = nn.Parameter(_onnx_gate_order(lstm.weight_hh)[None])
        self.b = nn.Parameter(torch.cat(biases)[None])

    def forward(self, inputs: Tensor) -> Tensor:
        """``inputs`` float [batch, time, inputs] -> hidden states float [batch, time, units]."""
        states: Tensor = torch.ops.tallygate.onnx_lstm(inputs, self.w, self.r, self.b)
        return states


def with_onnx_lstm(model: LSTMClassifier) -> LSTMClassifier:
    """A copy of ``model`` for tracing, in eval mode, with every LSTM replaced; ``model`` itself is left as it is."""
    model = copy.deepcopy(model).cpu().float().eval()
    for layer in model.lstm:
        for name, module in list(layer.named_children()):
            if isinstance(module, LSTM):
                setattr(layer, name, OnnxLSTM(module))
    return model


def _onnx_gate_order(rows: Tensor) -> Tensor:
    """PyTorch's input, forget, candidate, output -> ONNX's input, output, forget, candidate."""
    i, f, g, o = rows.detach().chunk(4)
    return torch.cat([i, o, f, g])
