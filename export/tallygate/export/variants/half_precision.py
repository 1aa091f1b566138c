"""fp32 graph -> fp16 or bf16 graph: the precision stands in the graph, since TensorRT computes what the graph says.

Embedding, LSTMs and pooling are in half precision, weights and activations alike. Ids, lengths and positions stay
integers. What sums up to the answer, the mean over time, the head and the n-grams, stays float32: it costs nothing,
and a bfloat16 sum of 400 states would stop growing at 256, where its steps become larger than a state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from tallygate.export.graph import PREFIX, check_graph, weights_of, with_weights
from tallygate.export.variants.embedding_rounding import EMBEDDING, embedding_in
from tallygate.runtime.errors import ExportError

_ACTIVATIONS = {"Sigmoid", "Tanh", "Relu", "Softplus", "LeakyRelu"}
FLOAT32_OPERATORS = frozenset({"ReduceSum", "Div", *_ACTIVATIONS, "Gemm"})
"""The mean over time, and the head."""
BF16_OPSET = 22
"""The first whose ``LSTM`` takes bfloat16 (https://onnx.ai/onnx/operators/onnx__LSTM.html)."""
_MEND = "export it with tallygate, or report this"


@dataclass(frozen=True)
class HalfType:
    """A floating-point format of 16 bits."""

    name: str
    onnx_type: int
    numpy_type: np.dtype[np.generic]


FP16 = HalfType("fp16", TensorProto.FLOAT16, np.dtype(np.float16))
BF16 = HalfType("bf16", TensorProto.BFLOAT16, np.dtype(ml_dtypes.bfloat16))


def fp16_from_onnx(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph in float16; ``model``, a float32 graph by the graph contract, is left as it is.

    Raises :class:`ExportError` when a weight does not fit into float16 (65,504 is its largest number), or the graph
    holds something that cannot be converted.
    """
    return _converted(model, FP16)


def bf16_from_onnx(model: onnx.ModelProto) -> onnx.ModelProto:
    """As :func:`fp16_from_onnx`, in bfloat16, and in opset 22 or newer."""
    return _converted(_with_opset(model, BF16_OPSET), BF16)


def _converted(model: onnx.ModelProto, half: HalfType) -> onnx.ModelProto:
    result = with_weights(model, {EMBEDDING: embedding_in(weights_of(model), half.numpy_type)})
    types = _element_types(result)
    del result.graph.value_info[:]
    _Rewrite(result.graph, half, types).run()
    check_graph(result)
    return result


def _with_opset(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    if model.opset_import[0].version >= opset:
        return model
    newer = onnx.version_converter.convert_version(model, opset)
    newer.ir_version = max(newer.ir_version, onnx.helper.find_min_ir_version_for(newer.opset_import))
    return newer


def _element_types(model: onnx.ModelProto) -> dict[str, int]:
    """The element type of every value, by its name."""
    graph = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph
    values = (*graph.input, *graph.output, *graph.value_info)
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    return types | {tensor.name: tensor.data_type for tensor in graph.initializer}


class _Rewrite:
    """One pass over the nodes, in order. Knows in which type every floating-point value is held so far."""

    def __init__(self, graph: onnx.GraphProto, half: HalfType, types: dict[str, int]) -> None:
        self._graph, self._half = graph, half
        self._floats = {name for name, kind in types.items() if kind == TensorProto.FLOAT}
        self._consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                self._consumers.setdefault(name, []).append(node)
        self._held: dict[str, int] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._casts: dict[tuple[str, int], str] = {}

    def run(self) -> None:
        """Rewrite the graph in place."""
        for tensor in self._graph.initializer:
            if tensor.data_type == TensorProto.FLOAT:
                self._hold_initializer(tensor)
        for node in self._graph.node:
            self._visit(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)

    def _hold_initializer(self, tensor: onnx.TensorProto) -> None:
        kind = self._held[tensor.name] = self._kind_for(self._consumers.get(tensor.name, []))
        if kind != TensorProto.FLOAT:
            tensor.CopyFrom(_in_half(tensor, self._half))

    def _kind_for(self, consumers: Iterable[onnx.NodeProto]) -> int:
        """float32 where nothing but float32 operators takes the value, so that no cast stands between."""
        kinds = {self._kind_of(node) for node in consumers}
        return TensorProto.FLOAT if kinds == {TensorProto.FLOAT} else self._half.onnx_type

    def _kind_of(self, node: onnx.NodeProto) -> int:
        is_float = node.op_type in FLOAT32_OPERATORS or node.name.startswith(PREFIX) or self._joins_float32(node)
        return TensorProto.FLOAT if is_float else self._half.onnx_type

    def _joins_float32(self, node: onnx.NodeProto) -> bool:
        """Where a maximum and a mean are joined, the mean stays what it is."""
        return node.op_type == "Concat" and any(self._held.get(name) == TensorProto.FLOAT for name in node.input)

    def _visit(self, node: onnx.NodeProto) -> None:
        kind = self._kind_of(node)
        if node.op_type == "Cast" and node.output[0] in self._floats:
            kind = self._kind_for(self._consumers.get(node.output[0], []))
            next(attribute for attribute in node.attribute if attribute.name == "to").i = kind
        else:
            _convert_attributes(node, self._half)
            node.input[:] = [self._as(name, kind) if name in self._floats else name for name in node.input]
        self._nodes.append(_copy(node))
        self._held.update({name: kind for name in node.output if name in self._floats})

    def _as(self, name: str, kind: int) -> str:
        """The value in the wanted type: itself, or a cast of it, which is made once."""
        if self._held[name] == kind:
            return name
        if (name, kind) not in self._casts:
            suffix = "fp32" if kind == TensorProto.FLOAT else self._half.name
            cast = self._casts[name, kind] = f"{name}_{suffix}"
            self._nodes.append(onnx.helper.make_node("Cast", [name], [cast], name=f"cast_{cast}", to=kind))
        return self._casts[name, kind]


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def _in_half(tensor: onnx.TensorProto, half: HalfType) -> onnx.TensorProto:
    array = numpy_helper.to_array(tensor)
    with np.errstate(over="ignore"):
        converted = array.astype(half.numpy_type)
    lost = np.isfinite(array) & ~np.isfinite(converted.astype(np.float32))
    if lost.any():
        largest = float(np.abs(array[lost]).max())
        reason = f"holds {largest:.3g}, which does not fit into {half.name}"
        raise ExportError(tensor.name, reason, "leave this variant out, or train with weight decay")
    return numpy_helper.from_array(converted, tensor.name)


def _convert_attributes(node: onnx.NodeProto, half: HalfType) -> None:
    """Floating-point constants inside of a node."""
    for attribute in node.attribute:
        if attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
            raise ExportError(f"node {node.name} ({node.op_type})", "holds a graph of its own", _MEND)
        if attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type == TensorProto.FLOAT:
            attribute.t.CopyFrom(_in_half(attribute.t, half))
        if node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
            raise ExportError(f"node {node.name} (Constant)", "holds a number without a type of its own", _MEND)
