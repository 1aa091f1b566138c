"""fp32 graph -> streaming graph: the same weights, with states in and out.

PyTorch's exporter has nothing to trace here. The network that the runtime holds such a file to
(:mod:`tallygate.runtime.graph.streaming`) is written down as it stands there, operator by operator; whether it computes
what PyTorch does, is the gate's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import helper

from tallygate.export.graph.contract import check_streaming_graph
from tallygate.runtime.errors import UsageError
from tallygate.runtime.graph import (
    Attribute,
    Term,
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
    terms = _WritingTerms()
    storage = storage_of(whole.file.tensors, is_dynamic=False)
    weights = storage.tensors(whole.architecture, whole.sizes)
    form = streaming_form(whole.architecture, whole.sizes, storage)
    outputs = form.write(terms)
    terms.names |= {term: name for name, term in outputs.items()}
    written = helper.make_graph(
        [step.node(terms) for step in terms.steps.values()],
        "tallygate",
        [_value(value) for value in form.inputs],
        [_value(value) for value in form.outputs],
        [tensor for tensor in graph.graph.initializer if tensor.name in weights] + terms.constants,
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


@dataclass
class _Step:
    """One operator; which of its outputs are taken is found out as they are."""

    kind: str
    number: int
    inputs: tuple[Term, ...]
    attributes: dict[str, Attribute]
    outputs: list[Term] = field(default_factory=list)

    def node(self, terms: _WritingTerms) -> onnx.NodeProto:
        inputs, outputs = ([terms.names[term] for term in side] for side in (self.inputs, self.outputs))
        attributes: dict[str, Any] = self.attributes
        return helper.make_node(self.kind, inputs, outputs, name=f"{self.kind}_{self.number}", **attributes)


class _WritingTerms(Terms):
    """Terms that remember how they came about."""

    def __init__(self) -> None:
        self.names: dict[Term, str] = {}
        self.constants: list[onnx.TensorProto] = []
        self.steps: dict[object, _Step] = {}
        super().__init__()
        self.names[self.nothing] = ""

    def leaf(self, *key: object) -> Term:
        known = self.count
        term = super().leaf(*key)
        if term == known and key[0] in ("input", "weight"):
            self.names[term] = str(key[1])
        if term == known and key[0] == "numbers":
            _, dtype, dims, data = key
            self.names[term] = f"constant_{len(self.constants)}"
            self.constants.append(helper.make_tensor(self.names[term], dtype, dims, data, raw=True))  # type: ignore[arg-type]
        return term

    def apply(self, kind: str, *inputs: Term, domain: str = "", output: int = 0, **attributes: Attribute) -> Term:
        term = super().apply(kind, *inputs, domain=domain, output=output, **attributes)
        if term not in self.names:
            self.names[term] = f"value_{term}"
            spelled = kind, inputs, tuple(sorted(attributes.items()))
            step = self.steps.setdefault(spelled, _Step(kind, len(self.steps), inputs, attributes))
            step.outputs.append(term)
        return term


def _value(value: ValueInfo) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(value.name, value.dtype, value.shape)
