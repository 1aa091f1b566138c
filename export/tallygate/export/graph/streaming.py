"""fp32 graph -> streaming graph: the same weights, with states in and out.

PyTorch's exporter has nothing to trace here. The network that the runtime holds such a file to
(:mod:`tallygate.runtime.graph.streaming`) is written down as it stands there, operator by operator; whether it computes
what PyTorch does, is the gate's to say.
"""

from __future__ import annotations

import onnx
from onnx import helper

from tallygate.export.graph.contract import check_streaming_graph
from tallygate.export.graph.writing import TermWriter
from tallygate.runtime.errors import UsageError
from tallygate.runtime.graph import (
    Terms,
    ValueInfo,
    check_has_state,
    checked_graph,
    storage_of,
    streaming_form,
)
from tallygate.train.network import Architecture


def streaming_from_onnx(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The checked streaming graph of a fp32 ``graph``, which is left as it is. The same graph gives the same bytes.

    Raises :class:`ExportError` where it breaks the graph contract.
    """
    model = with_states(graph)
    check_streaming_graph(model)
    return model


def with_states(graph: onnx.ModelProto) -> onnx.ModelProto:
    """As :func:`streaming_from_onnx`, unchecked."""
    whole = checked_graph(graph.SerializeToString(deterministic=True), "graph")
    terms = Terms()
    storage = storage_of(whole.file.tensors, is_dynamic=False)
    weights = storage.tensors(whole.architecture, whole.sizes)
    form = streaming_form(whole.architecture, whole.sizes, storage)
    outputs = form.write(terms)
    writer = TermWriter(terms, wanted={term: name for name, term in outputs.items()})
    for term in outputs.values():
        writer.write(term)
    written = helper.make_graph(
        writer.nodes,
        "tallygate",
        [_value(value) for value in form.inputs],
        [_value(value) for value in form.outputs],
        [tensor for tensor in graph.graph.initializer if tensor.name in weights] + writer.numbers,
    )
    model = helper.make_model(written, opset_imports=graph.opset_import, ir_version=graph.ir_version)
    model.producer_name, model.producer_version = graph.producer_name, graph.producer_version
    model.metadata_props.extend(graph.metadata_props)
    return model


def check_can_stream(architecture: Architecture) -> None:
    """Raise :class:`UsageError`, before any work is done, for a model that has no state between two pieces."""
    try:
        check_has_state(architecture.layers, architecture.bidirectional, architecture.ngrams is not None)
    except ValueError as error:
        mend = "leave --streaming out, or train with bidirectional = false"
        raise UsageError("a streaming graph", f"cannot be written: {error}", mend) from error


def _value(value: ValueInfo) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(value.name, value.dtype, value.shape)
