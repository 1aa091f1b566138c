"""The plain export: what a newcomer would write with the same weights, for ``tallygate bench`` to compare with.

``nn.Embedding``, ``nn.LSTM`` and ``nn.Linear`` through ``torch.onnx.export``, every text padded to the longest that the
contract allows, batches of 32, onnxruntime's defaults; only its threads are as many as everybody's in the same run.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tallygate.runtime.bench.contender import Contender
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines.plain import DirectionWeights, Weights, weights_from_onnx
from tallygate.runtime.graph import read_onnx
from tallygate.runtime.prediction import label_indices
from tallygate.train.network import ACTIVATIONS

BATCH_SIZE = 32
_OPSET = 18
_TORCH_ORDER = (0, 2, 3, 1)
"""Where PyTorch's gates (input, forget, candidate, output) stand among ONNX's (input, output, forget, candidate)."""

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


class PlainClassifier(nn.Module):
    """A text classifier as tutorials have it: ``(ids, lengths) -> logits``."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.pooling, self.activation = weights.pooling, ACTIVATIONS[weights.head_activation].function
        self.pooling_floor = weights.pooling_floor
        self.embedding = nn.Embedding(*weights.embedding.shape)
        both = len(weights.layers[0]) == 2
        size, layers = weights.embedding.shape[1], len(weights.layers)
        self.lstm = nn.LSTM(size, weights.units, layers, batch_first=True, bidirectional=both)
        self.head = nn.Linear(weights.head_weight.shape[1], weights.head_weight.shape[0])
        self._load(weights)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]."""
        states, _ = self.lstm(self.embedding(ids))
        logits: Tensor = self.head(self.activation(self._pool(states, lengths)))
        return logits

    def _pool(self, states: Tensor, lengths: Tensor) -> Tensor:
        if self.pooling == "last":
            index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, states.shape[2])
            return states.gather(1, index).squeeze(1)
        valid = (torch.arange(states.shape[1]) < lengths.unsqueeze(1)).unsqueeze(2)
        if self.pooling == "max":
            return states.masked_fill(~valid, -torch.inf).amax(dim=1)
        return (states * valid).sum(dim=1) / lengths.unsqueeze(1).clamp(min=self.pooling_floor)

    @torch.no_grad()
    def _load(self, weights: Weights) -> None:
        self.embedding.weight.copy_(torch.from_numpy(weights.embedding))
        for k, layer in enumerate(weights.layers):
            for suffix, direction in zip(("", "_reverse"), layer, strict=False):
                for name, value in _torch_weights(direction).items():
                    getattr(self.lstm, f"{name}_l{k}{suffix}").copy_(torch.from_numpy(value))
        self.head.weight.copy_(torch.from_numpy(weights.head_weight))
        self.head.bias.copy_(torch.from_numpy(weights.head_bias))


def plain_export(bundle: Bundle, threads: int) -> Contender:
    """The plain export of the bundle's fp32 weights, with the bundle's tokenizer.

    Of a bidirectional model it takes the same time but gives other answers: it does not mask the padding that its
    backward direction reads first.
    """
    model = plain_onnx(bundle)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = session.run(None, {"ids": ids, "lengths": lengths})[0]
        return logits

    answer = _padded(bundle, run)
    return Contender(
        name="plain export",
        engine="onnxruntime",
        precision="fp32",
        provider=session.get_providers()[0],
        threads=threads,
        answer_one=lambda text: answer([text], 1),
        answer_many=answer,
        batch_sizes=(BATCH_SIZE,),
        size=len(model),
    )


def plain_model(bundle: Bundle) -> PlainClassifier:
    """The model with the weights of the bundle's fp32 variant."""
    _, variant = bundle.variant("numpy", "fp32")
    return PlainClassifier(weights_from_onnx(read_onnx(bundle.read(variant.file), "fp32"), bundle.path)).eval()


def plain_onnx(bundle: Bundle) -> bytes:
    """The ONNX file of :func:`plain_model`."""
    model = plain_model(bundle)
    time = bundle.manifest.text.max_length
    example = (torch.ones(2, time, dtype=torch.int64), torch.full((2,), time, dtype=torch.int64))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        file = Path(folder) / "plain.onnx"
        torch.onnx.export(
            model,
            example,
            file,
            input_names=["ids", "lengths"],
            output_names=["logits"],
            dynamic_axes={"ids": {0: "batch"}, "lengths": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )
        return file.read_bytes()


def _padded(bundle: Bundle, run: Run) -> Callable[[Sequence[str], int], list[str]]:
    tokenizer, labels, time = bundle.tokenizer(), bundle.manifest.labels, bundle.manifest.text.max_length

    def answer(texts: Sequence[str], batch_size: int) -> list[str]:
        answers: list[str] = []
        for start in range(0, len(texts), batch_size):
            rows = [tokenizer.encode(text) for text in texts[start : start + batch_size]]
            ids = np.zeros((len(rows), time), np.int64)
            for row, values in zip(ids, rows, strict=True):
                row[: len(values)] = values
            logits = run(ids, np.array([len(row) for row in rows]))
            answers += [labels[index] for index in label_indices(logits)]
        return answers

    return answer


def _torch_weights(direction: DirectionWeights) -> dict[str, NDArray[np.float32]]:
    def reordered(array: NDArray[np.float32]) -> NDArray[np.float32]:
        blocks = np.split(array, 4)
        return np.concatenate([blocks[gate] for gate in _TORCH_ORDER])

    bias = reordered(direction.bias)
    return {
        "weight_ih": reordered(direction.inputs),
        "weight_hh": reordered(direction.recurrence),
        "bias_ih": bias,
        "bias_hh": np.zeros_like(bias),
    }
