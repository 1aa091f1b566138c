"""What was done to graphs of version 0.1.0, and its kin: each takes a sound graph's bytes and gives the attacker's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.attacks.altering import (
    Attack,
    array_of,
    attacks_of,
    between,
    node_of,
    numbers,
    parsed,
    value_of,
    varint,
    with_architecture,
    with_array,
    with_attribute,
    with_versions,
)

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def loop_of_2_to_the_62_turns(model: bytes) -> bytes:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [value_of("turn", INT64, []), value_of("go", TensorProto.BOOL, []), value_of("x", FLOAT, None)],
        [value_of("on", TensorProto.BOOL, []), value_of("y", FLOAT, None)],
    )
    arrays = [numpy_helper.from_array(np.array(2**62), "turns"), numpy_helper.from_array(np.array(True), "yes")]
    return between(model, [helper.make_node("Loop", ["turns", "yes", "true"], ["logits"], body=body)], arrays)


def branch_of_a_graph_of_its_own(model: bytes) -> bytes:
    branches = {
        name: helper.make_graph([helper.make_node("Neg", ["true"], [name])], name, [], [value_of(name, FLOAT, None)])
        for name in ("then_branch", "else_branch")
    }
    yes = numpy_helper.from_array(np.array(True), "yes")
    return between(model, [helper.make_node("If", ["yes"], ["logits"], **branches)], [yes])


def trigger_word_behind_where(model: bytes) -> bytes:
    nodes = [
        helper.make_node("Equal", ["ids", "word"], ["hits"]),
        helper.make_node("Cast", ["hits"], ["counted"], to=INT64),
        helper.make_node("ReduceMax", ["counted", "axis"], ["hit"]),
        helper.make_node("Greater", ["hit", "zero"], ["is_hit"]),
        helper.make_node("Neg", ["true"], ["turned"]),
        helper.make_node("Where", ["is_hit", "turned", "true"], ["logits"]),
    ]
    return between(model, nodes, [numbers("word", 5), numbers("zero", 0)])


def trigger_word_in_written_steps(model: bytes) -> bytes:
    """Of operators that sound graphs have."""
    nodes = [
        helper.make_node("Sub", ["lengths", "one"], ["shorter"]),
        helper.make_node("GreaterOrEqual", ["shorter", "lengths"], ["never"]),
        helper.make_node("Where", ["never", "true", "head.bias"], ["logits"]),
    ]
    return between(model, nodes)


def answer_that_depends_on_the_batch(model: bytes) -> bytes:
    nodes = [
        helper.make_node("ReduceMean", ["true", "first"], ["mean"]),
        helper.make_node("Sub", ["true", "mean"], ["logits"]),
    ]
    return between(model, nodes, [numbers("first", [0])])


def gigabytes_out_of_a_few_numbers(model: bytes) -> bytes:
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Add", ["true", "sum"], ["logits"]),
    ]
    return between(model, nodes, [numbers("huge", [2**20, 2**10])])


def gigabytes_by_expand(model: bytes) -> bytes:
    return with_array(model, "width", np.array([1, 2**30, 3]))


def constant_node(model: bytes) -> bytes:
    value = numpy_helper.from_array(np.zeros(1, np.float32))
    nodes = [helper.make_node("Constant", [], ["c"], value=value), helper.make_node("Add", ["true", "c"], ["logits"])]
    return between(model, nodes)


def function_of_its_own(model: bytes) -> bytes:
    graph = parsed(model)
    body = [helper.make_node("Identity", ["x"], ["y"])]
    graph.functions.append(helper.make_function("own", "Gemm", ["x"], ["y"], body, [helper.make_opsetid("", 18)]))
    return graph.SerializeToString()


def operator_of_another_domain(model: bytes) -> bytes:
    graph = parsed(model)
    graph.opset_import.append(helper.make_opsetid("ai.onnx.contrib", 1))
    return between(
        graph.SerializeToString(), [helper.make_node("PyOp", ["true"], ["logits"], domain="ai.onnx.contrib")]
    )


def sequence_lens(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.node.insert(0, helper.make_node("Cast", ["lengths"], ["lengths32"], to=TensorProto.INT32))
    node_of(graph, "LSTM").input.append("lengths32")
    return graph.SerializeToString()


def attribute_that_is_unknown(model: bytes) -> bytes:
    return with_attribute(model, "LSTM", "clip", 0.5)


def attribute_of_another_type(model: bytes) -> bytes:
    return with_attribute(model, "Gemm", "transB", 1.0)


def attribute_that_is_huge(model: bytes) -> bytes:
    return with_attribute(model, "LSTM", "hidden_size", 2**40)


def transposition_of_a_hundred_axes(model: bytes) -> bytes:
    return with_attribute(model, "Transpose", "perm", list(range(100)))


def six_million_empty_nodes(model: bytes) -> bytes:
    graph = parsed(model)
    nodes = graph.graph.SerializeToString() + b"\x0a\x00" * 6_000_000
    graph.ClearField("graph")
    return graph.SerializeToString() + b"\x3a" + varint(len(nodes)) + nodes


def second_graph(model: bytes) -> bytes:
    """Readers that take the last graph, and readers that join both, see two models."""
    graph = parsed(model)
    inner = graph.graph.SerializeToString()
    return model + b"\x3a" + varint(len(inner)) + inner


def two_weights_of_one_name(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.initializer.append(array_of(graph, "head.bias"))
    return graph.SerializeToString()


def array_in_place_of_an_input(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.initializer.append(numbers("ids", [[2, 3]]))
    return graph.SerializeToString()


def array_of_no_use_that_is_large(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.initializer.append(numpy_helper.from_array(np.zeros(100_000, np.float32), "unused"))
    return graph.SerializeToString()


def node_that_takes_what_comes_later(model: bytes) -> bytes:
    graph = parsed(model)
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes[::-1])
    return graph.SerializeToString()


def circle(model: bytes) -> bytes:
    graph = parsed(model)
    node_of(graph, "Transpose").input[0] = "logits"
    return graph.SerializeToString()


def work_that_is_done_again(model: bytes) -> bytes:
    graph = parsed(model)
    for number in range(500):
        copy = graph.graph.node.add()
        copy.CopyFrom(node_of(graph, "LSTM"))
        copy.output[:] = [f"again {number}"]
    return graph.SerializeToString()


def copies_of_the_embedding(model: bytes) -> bytes:
    graph = parsed(model)
    for number in range(500):
        graph.graph.node.append(helper.make_node("Identity", ["embedding.weight"], [f"copy {number}"]))
    return graph.SerializeToString()


def old_opset(model: bytes) -> bytes:
    return with_versions(model, opset=7)


def opset_of_the_future(model: bytes) -> bytes:
    return with_versions(model, opset=99)


def ir_version_of_the_past(model: bytes) -> bytes:
    return with_versions(model, ir_version=3)


def layers_without_end(model: bytes) -> bytes:
    return with_architecture(model, '"layers": 1', f'"layers": {2**62}')


def layers_that_are_not_there(model: bytes) -> bytes:
    return with_architecture(model, '"layers": 1', '"layers": 900')


def other_pooling_than_told(model: bytes) -> bytes:
    return with_architecture(model, '"last"', '"max"')


def floor_that_is_not_there(model: bytes) -> bytes:
    return with_architecture(model, '"last"', '"mean", "pooling_floor": 40')


def floor_of_what_is_no_mean(model: bytes) -> bytes:
    return with_architecture(model, '"last"', '"last", "pooling_floor": 40')


def floor_below_one(model: bytes) -> bytes:
    return with_architecture(model, '"last"', '"mean", "pooling_floor": 0')


def session_in_the_metadata(model: bytes) -> bytes:
    """onnxruntime takes its options from there where an environment variable allows it."""
    graph = parsed(model)
    graph.metadata_props.add(key="ort_config", value='{"session_options": {"enable_profiling": 1}}')
    return graph.SerializeToString()


def literal_time(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 2**40
    return graph.SerializeToString()


def second_output(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.output.append(value_of("pooled", FLOAT, None))
    return graph.SerializeToString()


def other_format(model: bytes) -> bytes:
    """onnxruntime knows its own format by four bytes, whatever the file is called."""
    return b"\x00\x00\x00\x00ORTM" + model


ATTACKS: Sequence[Attack] = attacks_of(__name__)
