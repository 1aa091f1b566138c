"""The numpy engine: the report's equations, gate by gate, and the fallback where onnxruntime has no wheel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.engine import logits_or_error
from tallygate.runtime.engines.plain.activations import ACTIVATIONS, sigmoid
from tallygate.runtime.engines.plain.weights import DirectionWeights, Weights, weights_from_onnx
from tallygate.runtime.graph import Fits, checked_graph

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Trace:
    """Every gate of one direction of one layer over one text; each array is float32 [time, units].

    The names are the report's: f_t, i_t, C~_t, O_t, C_t and h_t. A backward direction is in reading order, so its
    first row belongs to the last word.
    """

    forget: Array
    """f_t = sigmoid(W_f [h_{t-1}, x_t] + b_f): the share of the cell that is kept."""
    input: Array
    """i_t = sigmoid(W_i [h_{t-1}, x_t] + b_i): the share of the candidate that is written."""
    candidate: Array
    """C~_t = tanh(W_C [h_{t-1}, x_t] + b_C): what could be written."""
    output: Array
    """O_t = sigmoid(W_O [h_{t-1}, x_t] + b_O): the share of the cell that is shown."""
    cell: Array
    """C_t = f_t * C_{t-1} + i_t * C~_t."""
    hidden: Array
    """h_t = O_t * tanh(C_t)."""


class NumpyEngine:
    """Computes an LSTM classifier from the weights in its ONNX file, in float32 with numpy alone."""

    name = "numpy"
    provider = "numpy"

    def __init__(self, model: bytes, precision: str, fits: Fits | None = None) -> None:
        """``fits`` is what the manifest says of the graph.

        Raises :class:`BundleInvalidError` when ``model`` is not an ONNX file that tallygate exported.
        """
        self.precision = precision
        source = f"variant {precision}"
        self._weights: Weights = weights_from_onnx(checked_graph(model, source, fits).file, source)

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Array:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]; see :class:`Engine`."""
        # Numbers that are too large are told once, by the answer.
        with np.errstate(over="ignore", invalid="ignore"):
            return logits_or_error(self, self._logits, ids, lengths)

    def _logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Array:
        weights = self._weights
        states: Array = weights.embedding[ids]
        for layer in weights.layers:
            states = _read_layer(layer, states, lengths)
        pooled = [_POOLING[name](states, lengths, weights) for name in weights.pooling.split("-")]
        features = ACTIVATIONS[weights.head_activation](np.concatenate(pooled, axis=1))
        logits: Array = features @ weights.head_weight.T + weights.head_bias
        return logits if weights.ngrams is None else logits + weights.ngrams.logits(ids, lengths)

    def trace(self, ids: NDArray[np.int64]) -> list[list[Trace]]:
        """Every gate for one text: ``ids`` [time] -> a :class:`Trace` per layer and direction."""
        lengths = np.array([len(ids)])
        states: Array = self._weights.embedding[ids[None]]
        traces = []
        for layer in self._weights.layers:
            inputs = [states, reverse_within_length(states, lengths)]
            traces.append([_trace(weights, x[0]) for weights, x in zip(layer, inputs, strict=False)])
            states = _read_layer(layer, states, lengths)
        return traces


def reverse_within_length(states: Array, lengths: NDArray[np.int64]) -> Array:
    """Reverse each row of [batch, time, width] inside its own length; padding stays where it is."""
    positions = np.arange(states.shape[1])
    mirrored = lengths[:, None] - 1 - positions
    index = np.where(mirrored >= 0, mirrored, positions)
    result: Array = np.take_along_axis(states, index[:, :, None], axis=1)
    return result


def _read_layer(layer: list[DirectionWeights], states: Array, lengths: NDArray[np.int64]) -> Array:
    outputs = [_hidden_states(layer[0], states)]
    if len(layer) == 2:
        backward = _hidden_states(layer[1], reverse_within_length(states, lengths))
        outputs.append(reverse_within_length(backward, lengths))
    return np.concatenate(outputs, axis=2)


def _hidden_states(weights: DirectionWeights, inputs: Array) -> Array:
    """One direction over a batch: [batch, time, inputs] -> h_t as [batch, time, units]."""
    batch, time, _ = inputs.shape
    projected = inputs @ weights.inputs.T + weights.bias
    hidden = np.zeros((batch, weights.units), np.float32)
    cell = np.zeros_like(hidden)
    states = np.empty((batch, time, weights.units), np.float32)
    for step in range(time):
        gates = _gates(weights, projected[:, step], hidden)
        cell = gates["forget"] * cell + gates["input"] * gates["candidate"]
        states[:, step] = hidden = gates["output"] * np.tanh(cell)
    return states


def _trace(weights: DirectionWeights, inputs: Array) -> Trace:
    """One direction over one text: [time, inputs] -> every gate."""
    projected = inputs @ weights.inputs.T + weights.bias
    hidden = cell = np.zeros(weights.units, np.float32)
    rows: dict[str, list[Array]] = {name: [] for name in Trace.__dataclass_fields__}
    for step in projected:
        gates = _gates(weights, step, hidden)
        cell = gates["forget"] * cell + gates["input"] * gates["candidate"]
        hidden = gates["output"] * np.tanh(cell)
        for name, value in (gates | {"cell": cell, "hidden": hidden}).items():
            rows[name].append(value)
    return Trace(**{name: np.stack(values) for name, values in rows.items()})


def _gates(weights: DirectionWeights, projected: Array, hidden: Array) -> dict[str, Array]:
    """The four gates of one step; ONNX keeps them in the order input, output, forget, candidate."""
    i, o, f, c = np.split(projected + hidden @ weights.recurrence.T, 4, axis=-1)
    return {"input": sigmoid(i), "output": sigmoid(o), "forget": sigmoid(f), "candidate": np.tanh(c)}


def _last(states: Array, lengths: NDArray[np.int64], weights: Weights) -> Array:
    forward = states[np.arange(len(states)), lengths - 1, : weights.units]
    return np.concatenate([forward, states[:, 0, weights.units :]], axis=1)


def _max(states: Array, lengths: NDArray[np.int64], _weights: Weights) -> Array:
    result: Array = np.where(_valid(states, lengths), states, np.float32(-np.inf)).max(axis=1)
    return result


def _mean(states: Array, lengths: NDArray[np.int64], weights: Weights) -> Array:
    total: Array = (states * _valid(states, lengths)).sum(axis=1)
    result: Array = (total / np.maximum(lengths, weights.pooling_floor)[:, None]).astype(np.float32)
    return result


def _valid(states: Array, lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    valid: NDArray[np.bool_] = (np.arange(states.shape[1]) < lengths[:, None])[:, :, None]
    return valid


_POOLING: dict[str, Callable[[Array, NDArray[np.int64], Weights], Array]] = {"last": _last, "max": _max, "mean": _mean}
