"""Checkpoint -> ONNX: one float32 graph for all runtimes, by the graph contract.

PyTorch's exporter merges initializers that are equal, such as two zero biases, so that a weight could come out under
another one's name. Therefore a model of which no two weights are alike is traced, and the real weights are put in
afterwards, by name. The traced sizes are numbers that stand nowhere else in the model: one that is found in the graph
was fixed by the tracing.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import onnx
import torch
from numpy.typing import NDArray

from tallygate.export.graph.beside import PREFIX, with_ngrams
from tallygate.export.graph.contract import CONTRACT_VERSION, Metadata, check_graph
from tallygate.export.graph.lstm_op import translation_table, with_onnx_lstm
from tallygate.export.graph.tidy import tidied, with_weights
from tallygate.runtime.errors import ExportError, UsageError
from tallygate.runtime.version import VERSION
from tallygate.train.network import Architecture, LSTMClassifier

if TYPE_CHECKING:
    from tallygate.train.folder import Checkpoint

DEFAULT_OPSET = 18
"""The oldest that PyTorch's exporter writes, so the one that most runtimes read (onnxruntime from 1.14 on)."""
OPSETS = range(18, 24)
"""Opsets that can be asked for."""
_PRIMES = (251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311)


def onnx_from_checkpoint(checkpoint: Checkpoint, opset: int = DEFAULT_OPSET) -> onnx.ModelProto:
    """The checked fp32 graph of a checkpoint. The same checkpoint gives the same bytes.

    Raises :class:`UsageError` for an opset outside ``OPSETS``, :class:`ExportError` when the graph breaks the contract.
    """
    return onnx_from_model(checkpoint.model, checkpoint.labels, opset)


def onnx_from_model(model: LSTMClassifier, labels: tuple[str, ...], opset: int = DEFAULT_OPSET) -> onnx.ModelProto:
    """As :func:`onnx_from_checkpoint`, for a model that is not saved. ``model`` is left as it is."""
    check_opset(opset)
    traceable = with_onnx_lstm(model)
    ngrams, traceable.ngrams = traceable.ngrams, None
    weights: dict[str, NDArray[Any]] = {
        _weight_name(name): value.numpy(force=True).copy() for name, value in traceable.named_parameters()
    }
    _make_weights_distinct(traceable)
    traced = _traced(traceable, opset)
    for tensor in traced.graph.initializer:
        _rename(traced.graph, tensor.name, _weight_name(tensor.name))
    if ngrams is not None:
        weights |= {PREFIX + name: value.numpy(force=True) for name, value in ngrams.shipped().items()}
    graph = with_weights(tidied(traced), weights)
    _describe(graph, model.architecture, labels)
    if ngrams is not None:
        graph = with_ngrams(graph)
    check_graph(graph)
    return graph


def check_opset(opset: int) -> None:
    """Raise :class:`UsageError` for an opset outside ``OPSETS``."""
    if opset not in OPSETS:
        known = f"{OPSETS.start} to {OPSETS.stop - 1}"
        raise UsageError(f"opset {opset}", "cannot be written", f"choose a --target-opset from {known}")


def node_count(graph: onnx.ModelProto) -> int:
    """Number of operators in the graph."""
    return len(graph.graph.node)


def _traced(model: LSTMClassifier, opset: int) -> onnx.ModelProto:
    batch, time = _unusual_sizes(model)
    example = (torch.ones(batch, time, dtype=torch.int64), torch.ones(batch, dtype=torch.int64))
    # A traced size of 1 would be taken for a constant; the finished graph runs with 1 as well.
    dims = torch.export.Dim("batch", min=2), torch.export.Dim("time", min=2)
    with _quiet(), torch.no_grad():
        program = torch.export.export(model, example, dynamic_shapes=({0: dims[0], 1: dims[1]}, {0: dims[0]}))
        exported = torch.onnx.export(
            program,
            custom_translation_table=translation_table(),
            dynamo=True,
            opset_version=opset,
            input_names=["ids", "lengths"],
            output_names=["logits"],
            verbose=False,
        )
    traced = exported.model_proto if exported else onnx.ModelProto()
    if [(entry.domain, entry.version) for entry in traced.opset_import] != [("", opset)]:
        raise ExportError(f"opset {opset}", "is not what PyTorch wrote", "choose another --target-opset")
    return traced


def _unusual_sizes(model: LSTMClassifier) -> tuple[int, int]:
    """Two primes that are no size of a weight, so that finding one of them in the graph can mean one thing only."""
    sizes = {size for parameter in model.parameters() for size in parameter.shape}
    batch, time = [prime for prime in _PRIMES if prime not in sizes][:2]
    return batch, time


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's notices about optional packages and its own deprecations off the terminal."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _weight_name(parameter: str) -> str:
    """``lstm.0.forward_lstm.w`` -> ``lstm.0.forward.w``; other names stay."""
    return parameter.replace("_lstm.", ".")


def _make_weights_distinct(model: LSTMClassifier) -> None:
    """The exporter merges equal weights, such as two zero biases; each must keep its own name, so none are equal."""
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters(), 2):
            parameter.fill_(number)


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for tensor in graph.initializer:
        if tensor.name == old:
            tensor.name = new
    for node in graph.node:
        node.input[:] = [new if name == old else name for name in node.input]


def _describe(graph: onnx.ModelProto, architecture: Architecture, labels: tuple[str, ...]) -> None:
    graph.producer_name, graph.producer_version = "tallygate", VERSION
    facts = {
        Metadata.ARCHITECTURE: msgspec.json.encode(architecture).decode("utf-8"),
        Metadata.LABELS: msgspec.json.encode(labels).decode("utf-8"),
        Metadata.GRAPH_CONTRACT: CONTRACT_VERSION,
        Metadata.VERSION: VERSION,
    }
    onnx.helper.set_model_props(graph, {str(key): value for key, value in facts.items()})
