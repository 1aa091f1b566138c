"""The n-gram part, written into a traced graph: what the graph contract wants and what is not there yet."""

from __future__ import annotations

import msgspec
import onnx

from tallygate.export.graph.writing import TermWriter
from tallygate.runtime.graph import (
    ARCHITECTURE,
    Architecture,
    Network,
    Terms,
    read_onnx,
    storage_of,
    values_of,
    weight_tensors,
)

PREFIX = "ngrams."
"""Of the names of operators and values; they compute in float32 in every variant."""
_LSTM_LOGITS = "lstm.logits"


def with_ngrams(model: onnx.ModelProto) -> onnx.ModelProto:
    """``model``, whose arrays are there and whose logits are the LSTM's, with the n-grams added to them.

    Its metadata says which architecture it is to have.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    for node in result.graph.node:
        node.output[:] = [_LSTM_LOGITS if name == "logits" else name for name in node.output]
    file = read_onnx(result.SerializeToString(deterministic=True), "graph")
    architecture = msgspec.json.decode(file.metadata[ARCHITECTURE], type=Architecture)
    storage, terms = storage_of(file.tensors, is_dynamic=False), Terms()
    sizes = storage.sizes(file.tensors)
    wanted = Network(terms, architecture, sizes, storage).logits()
    values = values_of(terms, file, set(weight_tensors(architecture, sizes, storage)))
    known = {term: name for name, term in reversed(values.items())}
    writer = TermWriter(terms, known, {wanted: "logits"}, PREFIX)
    writer.write(wanted)
    result.graph.node.extend(writer.nodes)
    result.graph.initializer.extend(writer.numbers)
    return result
