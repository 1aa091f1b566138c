"""The n-gram part, written into a traced graph: the operators that the graph contract wants and that are not there yet.

They are written from the contract's own terms (:mod:`tallygate.runtime.graph`), so what is asked for and what is
written cannot differ. That both compute what PyTorch does is for the parity gates to show.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
import onnx
from onnx import TensorProto, helper

from tallygate.runtime.graph import (
    ARCHITECTURE,
    OPERATORS,
    Architecture,
    Network,
    Term,
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
    writer = _Writer(terms, {term: name for name, term in reversed(values.items())})
    writer.write(wanted)
    writer.nodes[-1].output[:] = ["logits"]
    result.graph.node.extend(writer.nodes)
    result.graph.initializer.extend(writer.numbers)
    return result


class _Writer:
    """Writes what gives a term, and before it all that this takes and that has no name yet."""

    def __init__(self, terms: Terms, names: dict[Term, str]) -> None:
        self._terms, self._names = terms, names
        self.nodes: list[onnx.NodeProto] = []
        self.numbers: list[TensorProto] = []

    def write(self, term: Term) -> str:
        """The name of the value that is ``term``."""
        if term not in self._names:
            kind, *rest = self._terms.key(term)
            self._names[term] = self._number(rest) if kind == "numbers" else self._node(str(kind), rest)
        return self._names[term]

    def _number(self, key: list[object]) -> str:
        dtype, dims, raw = cast("tuple[int, tuple[int, ...], bytes]", key)
        name = f"{PREFIX}number_{len(self.numbers)}"
        self.numbers.append(helper.make_tensor(name, dtype, dims, raw, raw=True))
        return name

    def _node(self, kind: str, key: list[object]) -> str:
        _domain, spelled, inputs, _output = cast("tuple[str, _Spelled, tuple[Term, ...], int]", key)
        given = [self.write(value) for value in inputs]
        name = f"{PREFIX}{kind}_{len(self.nodes)}".lower()
        node = helper.make_node(kind, given, [name, f"{name}_places"] if kind == "TopK" else [name], name=name)
        known = OPERATORS["", kind]
        changed = {label: value for label, _, value in spelled if value != known[label]}
        node.attribute.extend(helper.make_attribute(label, value) for label, value in changed.items())
        self.nodes.append(node)
        return name


_Spelled = tuple[tuple[str, type, Any], ...]
