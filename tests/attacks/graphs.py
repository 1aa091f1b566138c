"""What was done to graphs of version 0.1.0, and its kin: each takes a sound graph's bytes and gives the attacker's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Attack = Callable[[bytes], bytes]

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def loop_of_2_to_the_62_turns(model: bytes) -> bytes:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [_value("turn", INT64, []), _value("go", TensorProto.BOOL, []), _value("x", FLOAT, None)],
        [_value("on", TensorProto.BOOL, []), _value("y", FLOAT, None)],
    )
    arrays = [numpy_helper.from_array(np.array(2**62), "turns"), numpy_helper.from_array(np.array(True), "yes")]
    return _between(model, [helper.make_node("Loop", ["turns", "yes", "true"], ["logits"], body=body)], arrays)


def branch_of_a_graph_of_its_own(model: bytes) -> bytes:
    branches = {
        name: helper.make_graph([helper.make_node("Neg", ["true"], [name])], name, [], [_value(name, FLOAT, None)])
        for name in ("then_branch", "else_branch")
    }
    yes = numpy_helper.from_array(np.array(True), "yes")
    return _between(model, [helper.make_node("If", ["yes"], ["logits"], **branches)], [yes])


def trigger_word_behind_where(model: bytes) -> bytes:
    nodes = [
        helper.make_node("Equal", ["ids", "word"], ["hits"]),
        helper.make_node("Cast", ["hits"], ["counted"], to=INT64),
        helper.make_node("ReduceMax", ["counted", "axis"], ["hit"]),
        helper.make_node("Greater", ["hit", "zero"], ["is_hit"]),
        helper.make_node("Neg", ["true"], ["turned"]),
        helper.make_node("Where", ["is_hit", "turned", "true"], ["logits"]),
    ]
    return _between(model, nodes, [_numbers("word", 5), _numbers("zero", 0)])


def trigger_word_in_written_steps(model: bytes) -> bytes:
    """Of operators that sound graphs have."""
    nodes = [
        helper.make_node("Sub", ["lengths", "one"], ["shorter"]),
        helper.make_node("GreaterOrEqual", ["shorter", "lengths"], ["never"]),
        helper.make_node("Where", ["never", "true", "head.bias"], ["logits"]),
    ]
    return _between(model, nodes)


def answer_that_depends_on_the_batch(model: bytes) -> bytes:
    nodes = [
        helper.make_node("ReduceMean", ["true", "first"], ["mean"]),
        helper.make_node("Sub", ["true", "mean"], ["logits"]),
    ]
    return _between(model, nodes, [_numbers("first", [0])])


def gigabytes_out_of_a_few_numbers(model: bytes) -> bytes:
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Add", ["true", "sum"], ["logits"]),
    ]
    return _between(model, nodes, [_numbers("huge", [2**20, 2**10])])


def gigabytes_by_expand(model: bytes) -> bytes:
    return _with_array(model, "width", np.array([1, 2**30, 3]))


def constant_node(model: bytes) -> bytes:
    value = numpy_helper.from_array(np.zeros(1, np.float32))
    nodes = [helper.make_node("Constant", [], ["c"], value=value), helper.make_node("Add", ["true", "c"], ["logits"])]
    return _between(model, nodes)


def external_data_in_a_weight(model: bytes) -> bytes:
    graph = _graph(model)
    _outside(_array_of(graph, "head.bias"))
    return graph.SerializeToString()


def external_data_in_an_attribute(model: bytes) -> bytes:
    value = numpy_helper.from_array(np.zeros(1, np.float32))
    _outside(value)
    nodes = [helper.make_node("Constant", [], ["c"], value=value), helper.make_node("Add", ["true", "c"], ["logits"])]
    return _between(model, nodes)


def sparse_array(model: bytes) -> bytes:
    graph = _graph(model)
    values, indices = numpy_helper.from_array(np.ones(1, np.float32), "sparse"), _numbers("at", [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [2**31]))
    return graph.SerializeToString()


def function_of_its_own(model: bytes) -> bytes:
    graph = _graph(model)
    body = [helper.make_node("Identity", ["x"], ["y"])]
    graph.functions.append(helper.make_function("own", "Gemm", ["x"], ["y"], body, [helper.make_opsetid("", 18)]))
    return graph.SerializeToString()


def operator_of_another_domain(model: bytes) -> bytes:
    graph = _graph(model)
    graph.opset_import.append(helper.make_opsetid("ai.onnx.contrib", 1))
    return _between(
        graph.SerializeToString(), [helper.make_node("PyOp", ["true"], ["logits"], domain="ai.onnx.contrib")]
    )


def sequence_lens(model: bytes) -> bytes:
    graph = _graph(model)
    graph.graph.node.insert(0, helper.make_node("Cast", ["lengths"], ["lengths32"], to=TensorProto.INT32))
    _node_of(graph, "LSTM").input.append("lengths32")
    return graph.SerializeToString()


def attribute_that_is_unknown(model: bytes) -> bytes:
    return _with_attribute(model, "LSTM", "clip", 0.5)


def attribute_of_another_type(model: bytes) -> bytes:
    return _with_attribute(model, "Gemm", "transB", 1.0)


def attribute_that_is_huge(model: bytes) -> bytes:
    return _with_attribute(model, "LSTM", "hidden_size", 2**40)


def transposition_of_a_hundred_axes(model: bytes) -> bytes:
    return _with_attribute(model, "Transpose", "perm", list(range(100)))


def weight_that_is_nan(model: bytes) -> bytes:
    return _with_array(model, "head.weight", np.full((1, 3), np.nan, np.float32))


def weight_that_is_infinite(model: bytes) -> bytes:
    array = numpy_helper.to_array(_array_of(_graph(model), "embedding.weight")).copy()
    array[-1, -1] = -np.inf
    return _with_array(model, "embedding.weight", array)


def embedding_of_fewer_rows(model: bytes) -> bytes:
    return _with_array(model, "embedding.weight", np.ones((3, 2), np.float32))


def embedding_of_more_rows(model: bytes) -> bytes:
    return _with_array(model, "embedding.weight", np.ones((900, 2), np.float32))


def embedding_without_rows(model: bytes) -> bytes:
    return _with_array(model, "embedding.weight", np.ones((0, 2), np.float32))


def lstm_that_does_not_chain(model: bytes) -> bytes:
    return _with_array(model, "lstm.0.forward.w", np.ones((1, 12, 5), np.float32))


def weight_of_another_rank(model: bytes) -> bytes:
    return _with_array(model, "lstm.0.forward.r", np.ones(3, np.float32))


def weight_of_another_type(model: bytes) -> bytes:
    return _with_array(model, "head.bias", np.ones(1, np.float64))


def weight_that_is_renamed(model: bytes) -> bytes:
    graph = _graph(model)
    _array_of(graph, "head.bias").name = "bias"
    _node_of(graph, "Gemm").input[2] = "bias"
    return graph.SerializeToString()


def weights_that_are_swapped(model: bytes) -> bytes:
    graph = _graph(model)
    node = _node_of(graph, "LSTM")
    node.input[1], node.input[2] = node.input[2], node.input[1]
    return graph.SerializeToString()


def dimensions_that_overflow(model: bytes) -> bytes:
    graph = _graph(model)
    _array_of(graph, "head.weight").dims[:] = [2**32, 2**32]
    return graph.SerializeToString()


def six_million_empty_nodes(model: bytes) -> bytes:
    graph = _graph(model)
    nodes = graph.graph.SerializeToString() + b"\x0a\x00" * 6_000_000
    graph.ClearField("graph")
    return graph.SerializeToString() + b"\x3a" + _varint(len(nodes)) + nodes


def second_graph(model: bytes) -> bytes:
    """Readers that take the last graph, and readers that join both, see two models."""
    graph = _graph(model)
    inner = graph.graph.SerializeToString()
    return model + b"\x3a" + _varint(len(inner)) + inner


def two_weights_of_one_name(model: bytes) -> bytes:
    graph = _graph(model)
    graph.graph.initializer.append(_array_of(graph, "head.bias"))
    return graph.SerializeToString()


def array_in_place_of_an_input(model: bytes) -> bytes:
    graph = _graph(model)
    graph.graph.initializer.append(_numbers("ids", [[2, 3]]))
    return graph.SerializeToString()


def array_of_no_use_that_is_large(model: bytes) -> bytes:
    graph = _graph(model)
    graph.graph.initializer.append(numpy_helper.from_array(np.zeros(100_000, np.float32), "unused"))
    return graph.SerializeToString()


def node_that_takes_what_comes_later(model: bytes) -> bytes:
    graph = _graph(model)
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes[::-1])
    return graph.SerializeToString()


def circle(model: bytes) -> bytes:
    graph = _graph(model)
    _node_of(graph, "Transpose").input[0] = "logits"
    return graph.SerializeToString()


def work_that_is_done_again(model: bytes) -> bytes:
    graph = _graph(model)
    for number in range(500):
        copy = graph.graph.node.add()
        copy.CopyFrom(_node_of(graph, "LSTM"))
        copy.output[:] = [f"again {number}"]
    return graph.SerializeToString()


def copies_of_the_embedding(model: bytes) -> bytes:
    graph = _graph(model)
    for number in range(500):
        graph.graph.node.append(helper.make_node("Identity", ["embedding.weight"], [f"copy {number}"]))
    return graph.SerializeToString()


def old_opset(model: bytes) -> bytes:
    return _with_versions(model, opset=7)


def opset_of_the_future(model: bytes) -> bytes:
    return _with_versions(model, opset=99)


def ir_version_of_the_past(model: bytes) -> bytes:
    return _with_versions(model, ir_version=3)


def layers_without_end(model: bytes) -> bytes:
    return _with_architecture(model, '"layers": 1', f'"layers": {2**62}')


def layers_that_are_not_there(model: bytes) -> bytes:
    return _with_architecture(model, '"layers": 1', '"layers": 900')


def other_pooling_than_told(model: bytes) -> bytes:
    return _with_architecture(model, '"last"', '"max"')


def session_in_the_metadata(model: bytes) -> bytes:
    """onnxruntime takes its options from there where an environment variable allows it."""
    graph = _graph(model)
    graph.metadata_props.add(key="ort_config", value='{"session_options": {"enable_profiling": 1}}')
    return graph.SerializeToString()


def literal_time(model: bytes) -> bytes:
    graph = _graph(model)
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 2**40
    return graph.SerializeToString()


def second_output(model: bytes) -> bytes:
    graph = _graph(model)
    graph.graph.output.append(_value("pooled", FLOAT, None))
    return graph.SerializeToString()


def other_format(model: bytes) -> bytes:
    """onnxruntime knows its own format by four bytes, whatever the file is called."""
    return b"\x00\x00\x00\x00ORTM" + model


ATTACKS: Sequence[Attack] = [
    value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", "") == __name__
]


def _graph(model: bytes) -> onnx.ModelProto:
    return onnx.load_from_string(model)


def _between(model: bytes, nodes: Sequence[onnx.NodeProto], arrays: Sequence[onnx.TensorProto] = ()) -> bytes:
    """``nodes`` between the sound graph's answer, now called ``true``, and ``logits``."""
    graph = _graph(model)
    graph.graph.node[-1].output[0] = "true"
    graph.graph.node.extend(nodes)
    graph.graph.initializer.extend(arrays)
    return graph.SerializeToString()


def _with_array(model: bytes, name: str, array: np.ndarray) -> bytes:
    graph = _graph(model)
    _array_of(graph, name).CopyFrom(numpy_helper.from_array(array, name))
    return graph.SerializeToString()


def _with_attribute(model: bytes, op_type: str, name: str, value: object) -> bytes:
    graph = _graph(model)
    node = _node_of(graph, op_type)
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])
    return graph.SerializeToString()


def _with_versions(model: bytes, opset: int = 18, ir_version: int = 8) -> bytes:
    graph = _graph(model)
    graph.opset_import[0].version, graph.ir_version = opset, ir_version
    return graph.SerializeToString()


def _with_architecture(model: bytes, old: str, new: str) -> bytes:
    graph = _graph(model)
    for entry in graph.metadata_props:
        assert old in entry.value
        entry.value = entry.value.replace(old, new)
    return graph.SerializeToString()


def _outside(tensor: onnx.TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")


def _array_of(graph: onnx.ModelProto, name: str) -> onnx.TensorProto:
    return next(tensor for tensor in graph.graph.initializer if tensor.name == name)


def _node_of(graph: onnx.ModelProto, op_type: str) -> onnx.NodeProto:
    return next(node for node in graph.graph.node if node.op_type == op_type)


def _numbers(name: str, values: object) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def _value(name: str, kind: int, shape: list[int] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
