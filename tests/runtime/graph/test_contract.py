"""The contract takes every network that it describes, and nothing that is one step or one number away."""

from __future__ import annotations

from typing import get_args

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallygate.runtime.engines.ort.cpu import OnnxRuntimeEngine
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph.architecture import ActivationName, Architecture, Pooling, Sizes
from tallygate.runtime.graph.contract import MAX_WEIGHTS, Fits, checked_graph
from tallygate.runtime.graph.protobuf import packed_numbers, varint
from tallygate.runtime.ngrams import MAX_FACTOR, NgramShape
from tests.runtime.graph.written import STORAGES, with_altered_constants, written

POOLINGS = [{"pooling": name} for name in get_args(Pooling)]
POOLINGS += [{"pooling": name, "pooling_floor": 5} for name in ("mean", "max-mean")]
FACTORS = st.integers(0, MAX_FACTOR // 2).map(lambda half: 2 * half + 1)
NGRAMS = st.integers(2, 3).flatmap(
    lambda longest: st.builds(
        NgramShape,
        longest=st.just(longest),
        slots=st.integers(1, 20),
        buckets=st.integers(1, 5),
        factors=st.tuples(*[st.tuples(*[FACTORS] * longest)] * 3),
    )
)
ARCHITECTURES = st.builds(
    lambda pooling, **facts: Architecture(**pooling, **facts),
    pooling=st.sampled_from(POOLINGS),
    layers=st.integers(1, 4),
    bidirectional=st.booleans(),
    head_activation=st.sampled_from(get_args(ActivationName)),
    ngrams=st.none() | NGRAMS,
)
SIZES = st.builds(Sizes, st.integers(2, 9), st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4]))
SHAPES = [
    None,
    NgramShape(2, 7, 2, ((11, 2**40 + 1), (3, 7), (5, 2**41 + 3))),
    NgramShape(3, 7, 2, ((11, 2**40 + 1, 9), (3, 7, 13), (5, 2**41 + 3, 15))),
]
BOTH_WAYS = Architecture(layers=2, bidirectional=True, pooling="mean", pooling_floor=5)
BESIDE = [msgspec.structs.replace(BOTH_WAYS, ngrams=shape) for shape in SHAPES]
SMALL = Sizes(6, 3, 4, 1)


@settings(deadline=None, max_examples=60)
@given(ARCHITECTURES, SIZES, st.sampled_from(sorted(STORAGES)))
def test_every_network_is_taken(architecture: Architecture, sizes: Sizes, precision: str) -> None:
    model = written(architecture, sizes, precision)
    onnx.checker.check_model(model)
    graph = checked_graph(model.SerializeToString(), precision)
    assert (graph.architecture, graph.sizes) == (architecture, sizes)


@settings(deadline=None, max_examples=30)
@given(ARCHITECTURES, SIZES, st.sampled_from(["fp32", "int8", "int4"]), st.integers(0, 99))
def test_the_network_is_what_numpy_computes(
    architecture: Architecture, sizes: Sizes, precision: str, seed: int
) -> None:
    """onnxruntime runs the graph; numpy knows the architecture and the weights alone."""
    model = written(architecture, sizes, precision, seed).SerializeToString()
    rng = np.random.default_rng(seed)
    ids, lengths = rng.integers(0, sizes.vocabulary_size, (4, 7)), rng.integers(1, 8, 4)
    expected = NumpyEngine(model, precision).run(ids, lengths)
    found = OnnxRuntimeEngine(model, precision, {"session.disable_quant_qdq": "1"}).run(ids, lengths)
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", BESIDE)
@pytest.mark.parametrize("precision", sorted(STORAGES))
def test_no_node_can_be_left_out_or_take_other_values(precision: str, architecture: Architecture) -> None:
    sound = written(architecture, SMALL, precision)
    for place, node in enumerate(sound.graph.node):
        altered = onnx.ModelProto()
        altered.CopyFrom(sound)
        del altered.graph.node[place]
        with pytest.raises(BundleInvalidError):
            checked_graph(altered.SerializeToString(), precision)
        for number, name in enumerate(node.input):
            altered.CopyFrom(sound)
            altered.graph.node[place].input[number] = "lengths" if name != "lengths" else "ids"
            with pytest.raises(BundleInvalidError):
                checked_graph(altered.SerializeToString(), precision)


@pytest.mark.parametrize("architecture", BESIDE)
@pytest.mark.parametrize("precision", sorted(STORAGES))
def test_no_constant_can_be_another(precision: str, architecture: Architecture) -> None:
    sound = written(architecture, SMALL, precision)
    constants = with_altered_constants(sound)
    assert len(constants) >= 5
    for altered in constants:
        with pytest.raises(BundleInvalidError, match=r"no step of this network|takes"):
            checked_graph(altered.SerializeToString(), precision)


@pytest.mark.parametrize("precision", sorted(STORAGES))
def test_every_float_is_held_to_be_a_number(precision: str) -> None:
    # NaN, and 2^96, or minus infinity where that is less.
    bad = {1: ["0000c07f", "0000806f"], 10: ["007e", "00fc"], 16: ["c07f", "806f"]}
    sound = written(BOTH_WAYS, SMALL, precision)
    seen = 0
    for place, tensor in enumerate(sound.graph.initializer):
        for number in bad.get(tensor.data_type, []) if not tensor.name.startswith("number_") else []:
            altered = onnx.ModelProto()
            altered.CopyFrom(sound)
            array, data = altered.graph.initializer[place], bytes.fromhex(number)
            array.raw_data = array.raw_data[: -len(data)] + data
            with pytest.raises(BundleInvalidError, match="infinite, NaN or above"):
                checked_graph(altered.SerializeToString(), precision)
            seen += 1
    assert seen >= 12


@pytest.mark.parametrize(
    ("fits", "words"),
    [
        (Fits(7, 1, 18, 8), "vocabulary_rows is 7, and the graph has 6"),
        (Fits(6, 3, 18, 8), "number of logits is 3, and the graph has 1"),
        (Fits(6, 1, 19, 8), "opset is 19, and the graph has 18"),
        (Fits(6, 1, 18, 9), "ir_version is 9, and the graph has 8"),
    ],
)
def test_the_manifest_says_what_the_graph_is(fits: Fits, words: str) -> None:
    model = written(BOTH_WAYS, SMALL).SerializeToString()
    checked_graph(model, "fp32", Fits(6, 1, 18, 8))
    with pytest.raises(BundleInvalidError, match=words):
        checked_graph(model, "fp32", fits)


def test_weights_are_bounded_in_number_not_in_bytes_alone() -> None:
    """Half a byte each in the file, four at work."""
    sizes = Sizes(MAX_WEIGHTS + 1, 1, 1, 1)
    model = written(Architecture(layers=1, bidirectional=False, pooling="last"), Sizes(6, 1, 1, 1), "int4")
    for tensor in model.graph.initializer:
        if tensor.name == "embedding.weight":
            tensor.dims[0], tensor.raw_data = sizes.vocabulary_size, bytes(sizes.vocabulary_size // 2 + 1)
        if tensor.name == "embedding.weight.scale":
            tensor.dims[0], tensor.raw_data = sizes.vocabulary_size, bytes(sizes.vocabulary_size)
    with pytest.raises(BundleInvalidError, match="numbers, more than 67,108,864"):
        checked_graph(model.SerializeToString(), "int4")


def test_a_tensor_may_say_that_its_numbers_are_where_they_are() -> None:
    """onnxruntime's quantizer writes the default, 0, of larger models."""
    model = written(BOTH_WAYS, SMALL, "int8-dynamic")
    for tensor in model.graph.initializer:
        tensor.data_location = onnx.TensorProto.DEFAULT
    checked_graph(model.SerializeToString(), "int8-dynamic")
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    with pytest.raises(BundleInvalidError, match="in another file"):
        checked_graph(model.SerializeToString(), "int8-dynamic")


def test_notes_on_inner_values_do_not_reach_an_engine() -> None:
    sound = written(BOTH_WAYS, SMALL)
    plain = sound.SerializeToString()
    assert checked_graph(plain, "fp32").model is plain
    noted = onnx.ModelProto()
    noted.CopyFrom(sound)
    for node in sound.graph.node:
        noted.graph.value_info.append(onnx.helper.make_tensor_value_info(node.output[0], 1, [2**40, 2]))
    handed = onnx.load_from_string(checked_graph(noted.SerializeToString(), "fp32").model)
    assert handed == sound


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16_384, 2**32])
def test_numbers_are_written_as_they_are_read(number: int) -> None:
    assert packed_numbers(memoryview(varint(number)), 1, "numbers") == [number]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("ngrams.codes", b"\x01", "row 0 that is not zeros"),
        ("ngrams.scales", bytes(4), "scale below"),
        ("ngrams.scales", np.float32(-0.5).tobytes(), "scale below"),
        ("ngrams.scales", np.float32(np.nan).tobytes(), "infinite, NaN"),
    ],
)
def test_ngrams_whose_sums_would_not_be_what_is_said_are_refused(name: str, data: bytes, words: str) -> None:
    model = written(BESIDE[1], SMALL)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    tensor.raw_data = data + tensor.raw_data[len(data) :]
    with pytest.raises(BundleInvalidError, match=words):
        checked_graph(model.SerializeToString(), "fp32")


def test_a_code_of_minus_128_is_refused() -> None:
    model = written(BESIDE[1], SMALL)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "ngrams.codes")
    tensor.raw_data = tensor.raw_data[:-1] + b"\x80"
    with pytest.raises(BundleInvalidError, match="holds -128"):
        checked_graph(model.SerializeToString(), "fp32")


def test_a_graph_without_its_ngrams_is_refused() -> None:
    """Its metadata says that they are there."""
    told, plain = written(BESIDE[1], SMALL), written(BOTH_WAYS, SMALL)
    del plain.metadata_props[:]
    plain.metadata_props.extend(told.metadata_props)
    with pytest.raises(BundleInvalidError, match=r"has no ngrams\.codes"):
        checked_graph(plain.SerializeToString(), "fp32")
