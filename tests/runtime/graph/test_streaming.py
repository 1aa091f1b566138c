"""Graphs with states in and out: any cuts of the rows of a batch, with pauses, give what the whole graph gives."""

from __future__ import annotations

from typing import get_args

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tallygate.export.graph.streaming import with_states
from tallygate.runtime.engines.plain.engine import NumpyEngine
from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph import Fits, checked_graph, checked_streaming_graph
from tallygate.runtime.graph.architecture import ActivationName, Architecture, Sizes
from tallygate.runtime.graph.streaming import MAX_LAYERS, states_of
from tests.runtime.graph.written import with_altered_constants, written

POOLINGS = [("last", 1), ("mean", 1), ("mean", 5), ("max", 1), ("max-mean", 4)]
ARCHITECTURES = st.builds(
    lambda layers, pooling, activation: Architecture(
        layers=layers, bidirectional=False, pooling=pooling[0], pooling_floor=pooling[1], head_activation=activation
    ),
    st.integers(1, 3),
    st.sampled_from(POOLINGS),
    st.sampled_from(get_args(ActivationName)),
)
SIZES = st.builds(Sizes, st.integers(2, 9), st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4]))
SMALL = Sizes(6, 3, 4, 3)
Pieces = list[NDArray[np.int64]]


def architecture(pooling: str = "mean", layers: int = 2) -> Architecture:
    return Architecture(layers=layers, bidirectional=False, pooling=pooling)  # type: ignore[arg-type]


def streaming(told: Architecture, sizes: Sizes = SMALL, seed: int = 0, opset: int = 18) -> onnx.ModelProto:
    return with_states(written(told, sizes, seed=seed, opset=opset))


class Reader:
    """The ten lines that a user of onnxruntime alone writes."""

    def __init__(self, model: bytes, rows: int) -> None:
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
        inputs = self.session.get_inputs()[2:]
        self.states = {i.name: np.zeros([rows, *i.shape[1:]], kinds[i.type]) for i in inputs}

    def read(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        before = self.states
        logits, *after = self.session.run(None, {"ids": ids, "lengths": lengths, **before})
        self.states = dict(zip(before, after, strict=True))
        for name, state in self.states.items():
            assert np.array_equal(state[lengths == 0], before[name][lengths == 0]), "a pause keeps the state"
        return np.asarray(logits)


def batches_of(rows: list[Pieces], junk: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Piece by piece, padded with ``junk``; a row with no more pieces pauses."""
    batches = []
    for step in range(max(map(len, rows))):
        pieces = [row[step] if step < len(row) else np.zeros(0, np.int64) for row in rows]
        lengths = np.array([len(piece) for piece in pieces])
        ids = np.full((len(rows), max(1, int(lengths.max()))), junk)
        for row, piece in zip(ids, pieces, strict=True):
            row[: len(piece)] = piece
        batches.append((ids, lengths))
    return batches


@st.composite
def cut_rows(draw: st.DrawFn, words: int) -> list[Pieces]:
    """Up to four rows of ids, each cut anywhere, empty pieces among them."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        ids = np.array(draw(st.lists(st.integers(0, words - 1), min_size=1, max_size=12)), np.int64)
        cuts = sorted(draw(st.lists(st.integers(0, len(ids)), max_size=6)))
        rows.append(np.split(ids, cuts))
    return rows


@settings(deadline=None, max_examples=60)
@given(st.data(), ARCHITECTURES, SIZES, st.integers(0, 99))
def test_any_cuts_give_what_the_whole_gives(data: st.DataObject, told: Architecture, sizes: Sizes, seed: int) -> None:
    """numpy knows the architecture and the weights alone; it is asked for each row as a whole."""
    rows, junk = data.draw(cut_rows(sizes.vocabulary_size)), data.draw(st.integers(0, sizes.vocabulary_size - 1))
    model = streaming(told, sizes, seed).SerializeToString()
    checked_streaming_graph(model, "streaming", Fits(sizes.vocabulary_size, sizes.outputs, 18, 8))
    whole = NumpyEngine(written(told, sizes, seed=seed).SerializeToString(), "fp32")
    reader = Reader(model, len(rows))
    for ids, lengths in batches_of(rows, junk):
        found = reader.read(ids, lengths)
    for row, logits in zip(rows, found, strict=True):
        ids = np.concatenate(row)
        np.testing.assert_allclose(logits, whole.run(ids[None], np.array([len(ids)]))[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "max-mean"])
def test_what_has_read_nothing_has_zeros_and_an_answer_that_is_a_number(pooling: str) -> None:
    reader = Reader(streaming(architecture(pooling)).SerializeToString(), 2)
    logits = reader.read(np.array([[1], [5]]), np.array([0, 1]))
    assert np.isfinite(logits).all()
    assert all((state[0] == 0).all() and (state[1] != 0).any() for state in reader.states.values())


def test_a_long_stream_keeps_its_mean() -> None:
    """Sums in float32 stand still at 2^24 times what is added; these do not."""
    model = streaming(architecture("mean", 1)).SerializeToString()
    fresh, late = Reader(model, 1), Reader(model, 1)
    fresh.read(np.array([[3, 1, 4]]), np.array([3]))
    late.states = dict(fresh.states)
    count = np.int64(2**30)
    mean = np.float64(0.5)
    late.states |= {"state_in_count": np.array([count]), "state_in_pool_sum": np.full((1, 4), mean * count)}
    late.read(np.array([[1]]), np.array([1]))
    fresh.read(np.array([[1]]), np.array([1]))
    step = fresh.states["state_in_hidden_00"][0]
    np.testing.assert_allclose(late.states["state_in_pool_sum"][0] - mean * count, step, atol=1e-6)


@pytest.mark.parametrize("layers", [1, 2, 12, MAX_LAYERS])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "max-mean"])
def test_names_sort_alike_and_none_begins_another(pooling: str, layers: int) -> None:
    """Servers have swapped states by the order of their names."""
    states = states_of(architecture(pooling, layers), SMALL)
    taken, given = ["ids", "lengths", *(s.taken for s in states)], ["logits", *(s.given for s in states)]
    assert taken == sorted(taken)
    assert given == sorted(given)
    assert [name.replace("_in_", "_out_") for name in taken[2:]] == given[1:]
    names = [*taken, *given]
    assert len(set(names)) == len(names)
    assert not [pair for pair in zip(sorted(names), sorted(names)[1:], strict=False) if pair[1].startswith(pair[0])]


@pytest.mark.parametrize("opset", range(18, 24))
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "max-mean"])
def test_the_file_is_what_the_contract_says_and_valid_onnx(pooling: str, opset: int) -> None:
    model = streaming(architecture(pooling), opset=opset)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    graph = checked_streaming_graph(model.SerializeToString(), "streaming")
    states = states_of(graph.architecture, graph.sizes)
    assert [value.name for value in model.graph.input] == ["ids", "lengths", *(state.taken for state in states)]
    assert [value.name for value in model.graph.output] == ["logits", *(state.given for state in states)]


def test_each_form_is_refused_where_the_other_is_asked_for() -> None:
    whole, states = written(architecture(), SMALL), streaming(architecture())
    with pytest.raises(BundleInvalidError, match="it has 2 inputs and 1 outputs"):
        checked_streaming_graph(whole.SerializeToString(), "streaming")
    with pytest.raises(BundleInvalidError, match="it has 8 inputs and 7 outputs"):
        checked_graph(states.SerializeToString(), "fp32")


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "max-mean"])
def test_no_node_can_be_left_out_or_take_other_values(pooling: str) -> None:
    sound = streaming(architecture(pooling))
    values = ["ids", "lengths", "state_in_count", "state_in_cell_01", "state_in_hidden_00"]
    for place, node in enumerate(sound.graph.node):
        altered = onnx.ModelProto()
        altered.CopyFrom(sound)
        del altered.graph.node[place]
        with pytest.raises(BundleInvalidError):
            checked_streaming_graph(altered.SerializeToString(), "streaming")
        for number, name in enumerate(node.input):
            altered.CopyFrom(sound)
            altered.graph.node[place].input[number] = next(value for value in values if value != name)
            with pytest.raises(BundleInvalidError):
                checked_streaming_graph(altered.SerializeToString(), "streaming")


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_no_constant_can_be_another(pooling: str) -> None:
    sound = streaming(architecture(pooling))
    constants = with_altered_constants(sound)
    assert len(constants) >= 4
    for altered in constants:
        with pytest.raises(BundleInvalidError, match=r"no step of this network|takes"):
            checked_streaming_graph(altered.SerializeToString(), "streaming")


@pytest.mark.parametrize(
    ("told", "precision", "words"),
    [
        (Architecture(layers=1, bidirectional=True, pooling="mean"), "fp32", "reads texts from both ends"),
        (Architecture(layers=100, bidirectional=False, pooling="last"), "fp32", "has 100 layers"),
        (architecture(), "fp16", "are not float32"),
        (architecture(), "int8", "are not float32"),
    ],
)
def test_what_has_no_streaming_form_is_refused(told: Architecture, precision: str, words: str) -> None:
    model = written(told, SMALL, precision).SerializeToString()
    with pytest.raises(BundleInvalidError, match=words):
        checked_streaming_graph(model, "streaming")
