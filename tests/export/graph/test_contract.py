"""Graphs that break the graph contract, one rule each, are refused, and the error names the place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tallygate.export.graph.contract import check_graph
from tallygate.export.graph.from_checkpoint import onnx_from_checkpoint
from tallygate.export.graph.lstm_op import translation_table, with_onnx_lstm
from tallygate.export.graph.tidy import tidied, with_weights
from tallygate.runtime.errors import ExportError
from tallygate.train.folder.checkpoint import Checkpoint


@pytest.fixture
def altered(graph: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a sound graph, to be altered."""
    copy = onnx.ModelProto()
    copy.CopyFrom(graph)
    return copy


def refused(graph: onnx.ModelProto, words: str) -> None:
    with pytest.raises(ExportError, match=words):
        check_graph(graph)


def node_of(graph: onnx.ModelProto, op_type: str) -> onnx.NodeProto:
    return next(node for node in graph.graph.node if node.op_type == op_type)


def tensor_of(graph: onnx.ModelProto, name: str) -> onnx.TensorProto:
    return next(tensor for tensor in graph.graph.initializer if tensor.name == name)


def set_numbers(graph: onnx.ModelProto, name: str, numbers: list[int]) -> None:
    tensor_of(graph, name).CopyFrom(numpy_helper.from_array(np.array(numbers, np.int64), name))


def test_a_sound_graph_passes(altered: onnx.ModelProto) -> None:
    check_graph(altered)


def test_sequence_lens(altered: onnx.ModelProto) -> None:
    lengths = helper.make_node("Cast", ["lengths"], ["lengths32"], to=TensorProto.INT32)
    altered.graph.node.insert(0, lengths)
    node_of(altered, "LSTM").input.append("lengths32")
    refused(altered, "Cast.*no step")


def test_layout(altered: onnx.ModelProto) -> None:
    lstm = node_of(altered, "LSTM")
    del lstm.attribute[:]
    lstm.attribute.extend([helper.make_attribute("layout", 1), helper.make_attribute("hidden_size", 7)])
    refused(altered, "LSTM")


def test_an_operator_of_another_domain(altered: onnx.ModelProto) -> None:
    node_of(altered, "Gemm").domain = "com.microsoft"
    altered.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    refused(altered, "embedding.weight_quantized")


def test_a_function_of_its_own(altered: onnx.ModelProto) -> None:
    opsets = [helper.make_opsetid("", 18)]
    body = [helper.make_node("Identity", ["x"], ["y"])]
    altered.functions.append(helper.make_function("own", "Same", ["x"], ["y"], body, opsets))
    refused(altered, "functions")


def test_weights_that_are_computed(altered: onnx.ModelProto) -> None:
    altered.graph.node.insert(0, helper.make_node("Neg", ["lstm.0.forward.w"], ["negated"]))
    node_of(altered, "LSTM").input[1] = "negated"
    refused(altered, "Neg.*of no operator")


def test_a_weight_of_another_name(altered: onnx.ModelProto) -> None:
    tensor_of(altered, "head.bias").name = "bias"
    node = node_of(altered, "Gemm")
    node.input[2] = "bias"
    refused(altered, "head.bias")


def test_a_weight_of_another_shape(altered: onnx.ModelProto) -> None:
    weight = numpy_helper.to_array(tensor_of(altered, "embedding.weight"))
    tensor_of(altered, "embedding.weight").CopyFrom(numpy_helper.from_array(weight[:-1].copy(), "embedding.weight"))
    refused(altered, "vocabulary_size is 102, and the graph has 101")


def test_weights_in_another_file(altered: onnx.ModelProto) -> None:
    tensor = tensor_of(altered, "head.weight")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    refused(altered, "external_data")


def test_a_fixed_axis_of_an_input(altered: onnx.ModelProto) -> None:
    altered.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 257
    refused(altered, "257")


@pytest.mark.parametrize("name", ["ids", "logits"])
def test_an_axis_of_another_name(altered: onnx.ModelProto, name: str) -> None:
    value = next(value for value in (*altered.graph.input, *altered.graph.output) if value.name == name)
    value.type.tensor_type.shape.dim[0].dim_param = "n"
    refused(altered, name)


def test_a_number_that_no_weight_explains(altered: onnx.ModelProto) -> None:
    reshape = node_of(altered, "Reshape")
    set_numbers(altered, reshape.input[1], [251, 1, 1])
    refused(altered, "Reshape.*no step")


def test_a_number_in_a_constant_node(altered: onnx.ModelProto) -> None:
    reshape = node_of(altered, "Reshape")
    altered.graph.node.insert(0, helper.make_node("Constant", [], ["shape"], name="literal", value_ints=[257, 1, 1]))
    reshape.input[1] = "shape"
    refused(altered, "Constant.*of no operator")


def test_notes_of_the_exporter(altered: onnx.ModelProto) -> None:
    altered.graph.node[0].metadata_props.add(key="stack_trace", value="/home/me/model.py")
    refused(altered, "metadata_props")


def test_missing_metadata(altered: onnx.ModelProto) -> None:
    del altered.metadata_props[:]
    refused(altered, "tallygate.architecture")


def test_a_graph_that_is_not_valid(altered: onnx.ModelProto) -> None:
    node_of(altered, "Gemm").input[0] = "nothing"
    refused(altered, "Gemm.*nothing")


@pytest.fixture(scope="module")
def fixed_time(checkpoint_of: Callable[..., Checkpoint]) -> onnx.ModelProto:
    """What the exporter makes of a model whose time it takes for a constant, here 17: a mask of 17 places."""
    checkpoint = checkpoint_of(pooling="max")
    sound, model = onnx_from_checkpoint(checkpoint), with_onnx_lstm(checkpoint.model)
    example = (torch.ones(5, 17, dtype=torch.int64), torch.ones(5, dtype=torch.int64))
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(model, example, dynamic_shapes=({0: batch}, {0: batch}))
    exported = torch.onnx.export(
        program,
        custom_translation_table=translation_table(),
        input_names=["ids", "lengths"],
        output_names=["logits"],
        opset_version=18,
        verbose=False,
    )
    assert exported is not None
    weights = {t.name: numpy_helper.to_array(t) for t in sound.graph.initializer if "." in t.name}
    for node in exported.model_proto.graph.node:
        node.input[:] = [name.replace("_lstm.", ".") for name in node.input]
    graph = with_weights(tidied(exported.model_proto), weights)
    graph.metadata_props.extend(sound.metadata_props)
    return graph


def test_a_fixed_time(fixed_time: onnx.ModelProto) -> None:
    refused(fixed_time, "ids.*17")


def test_a_fixed_time_behind_an_input_that_is_called_dynamic(fixed_time: onnx.ModelProto) -> None:
    graph = onnx.ModelProto()
    graph.CopyFrom(fixed_time)
    graph.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "time"
    refused(graph, "no step|no weight")
