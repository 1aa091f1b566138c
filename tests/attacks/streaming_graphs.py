"""What an attacker, or a careless exporter, makes of a streaming graph: each takes a sound one's bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.attacks.altering import Attack, array_of, attacks_of, node_of, numbers, parsed, value_of, with_architecture


def _renamed_in_nodes(model: bytes, names: dict[str, str]) -> bytes:
    graph = parsed(model)
    for node in graph.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return graph.SerializeToString()


def states_out_swapped(model: bytes) -> bytes:
    """As a server did by the order of names."""
    one, other = "state_out_cell_00", "state_out_hidden_00"
    return _renamed_in_nodes(model, {one: other, other: one})


def states_in_swapped(model: bytes) -> bytes:
    one, other = "state_in_cell_00", "state_in_hidden_00"
    return _renamed_in_nodes(model, {one: other, other: one})


def outputs_in_another_order(model: bytes) -> bytes:
    graph = parsed(model)
    values = list(graph.graph.output)
    del graph.graph.output[:]
    graph.graph.output.extend(values[::-1])
    return graph.SerializeToString()


def state_of_another_name(model: bytes) -> bytes:
    graph = parsed(model)
    for value in graph.graph.input:
        value.name = value.name.replace("state_in_cell_00", "state_in_cell_0")
    names = {"state_in_cell_00": "state_in_cell_0"}
    return _renamed_in_nodes(graph.SerializeToString(), names)


def state_that_is_left_out(model: bytes) -> bytes:
    graph = parsed(model)
    del graph.graph.output[-1]
    return graph.SerializeToString()


def state_of_its_own(model: bytes) -> bytes:
    """A place where what was read could be carried out."""
    graph = parsed(model)
    graph.graph.output.append(value_of("state_out_seen", TensorProto.INT64, None))
    graph.graph.node.append(helper.make_node("Identity", ["ids"], ["state_out_seen"]))
    return graph.SerializeToString()


def pause_that_forgets(model: bytes) -> bytes:
    """What onnxruntime makes of a row of length 0 is handed on as its state."""
    graph = parsed(model)
    where = next(node for node in graph.graph.node if node.output[0] == "state_out_hidden_00")
    where.op_type, where.input[:] = "Identity", [where.input[1]]
    return graph.SerializeToString()


def padding_that_is_read(model: bytes) -> bytes:
    """No sequence_lens: a shorter row's states come from behind its end."""
    graph = parsed(model)
    node_of(graph, "LSTM").input[4] = ""
    return graph.SerializeToString()


def answer_of_another_row(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.node[-1].output[0] = "own"
    graph.graph.initializer.append(numbers("first", [0]))
    graph.graph.node.append(helper.make_node("ReduceMax", ["own", "first"], ["best"]))
    graph.graph.node.append(helper.make_node("Max", ["own", "best"], ["logits"]))
    return graph.SerializeToString()


def state_that_grows(model: bytes) -> bytes:
    graph = parsed(model)
    node = next(node for node in graph.graph.node if node.output[0] == "state_out_pool_sum")
    node.output[0] = "small"
    graph.graph.initializer.append(numbers("many", [1, 2**20]))
    graph.graph.node.append(helper.make_node("Expand", ["small", "many"], ["state_out_pool_sum"]))
    return graph.SerializeToString()


def count_that_starts_elsewhere(model: bytes) -> bytes:
    graph = parsed(model)
    add = next(node for node in graph.graph.node if node.output[0] == "state_out_count")
    add.input[1] = "state_in_count"
    return graph.SerializeToString()


def pool_in_float32(model: bytes) -> bytes:
    """It stands still after 2^24 tokens."""
    graph = parsed(model)
    for value in [*graph.graph.input, *graph.graph.output]:
        if value.name.endswith("_pool_sum"):
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    return graph.SerializeToString()


def literal_batch(model: bytes) -> bytes:
    graph = parsed(model)
    graph.graph.input[-1].type.tensor_type.shape.dim[0].dim_value = 2**40
    return graph.SerializeToString()


def inputs_without_end(model: bytes) -> bytes:
    graph = parsed(model)
    for number in range(100_000):
        graph.graph.input.append(value_of(f"state_in_x{number}", TensorProto.FLOAT, [1]))
    return graph.SerializeToString()


def reading_from_both_ends(model: bytes) -> bytes:
    return with_architecture(model, '"bidirectional": false', '"bidirectional": true')


def layers_without_end(model: bytes) -> bytes:
    return with_architecture(model, '"layers": 1', f'"layers": {2**62}')


def another_pooling_than_told(model: bytes) -> bytes:
    return with_architecture(model, '"mean"', '"max"')


def weights_of_another_type(model: bytes) -> bytes:
    graph = parsed(model)
    array = array_of(graph, "embedding.weight")
    array.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(array).astype(np.float16), array.name))
    return graph.SerializeToString()


ATTACKS: Sequence[Attack] = [attack for attack in attacks_of(__name__) if not attack.__name__.startswith("_")]
