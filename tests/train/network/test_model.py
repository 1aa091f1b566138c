"""The network: padding never matters, gradients flow, and the LSTM is the one that textbooks write down."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tallygate.train.network.model import LSTM, Architecture, LSTMClassifier, parameter_count, reverse_within_length

SHAPES = list(product(["last", "mean", "max"], [1, 2], [False, True]))


def network(pooling: str, layers: int, bidirectional: bool, outputs: int = 1) -> LSTMClassifier:
    torch.manual_seed(0)
    model = LSTMClassifier(
        Architecture(
            vocabulary_size=50,
            embedding_size=6,
            hidden_size=7,
            outputs=outputs,
            layers=layers,
            bidirectional=bidirectional,
            pooling=pooling,  # type: ignore[arg-type]
        )
    )
    with torch.no_grad():
        model.embedding.weight.mul_(40.0)
    return model.eval()


NETWORKS = {shape: network(*shape) for shape in SHAPES}


def padded(rows: list[list[int]], time: int, filler: int = 0) -> tuple[Tensor, Tensor]:
    ids = torch.full((len(rows), time), filler, dtype=torch.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
    return ids, torch.tensor([len(row) for row in rows])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_padding_never_matters(shape: tuple[str, int, bool], data: st.DataObject) -> None:
    model = NETWORKS[shape]
    row = st.lists(st.integers(1, 49), min_size=1, max_size=20)
    rows = data.draw(st.lists(row, min_size=1, max_size=6))
    longest = max(map(len, rows))
    with torch.inference_mode():
        alone = torch.cat([model(*padded([row], len(row))) for row in rows])
        together = model(*padded(rows, longest))
        wide = model(*padded(rows, longest + data.draw(st.integers(1, 30))))
        dirty = model(*padded(rows, longest + 3, filler=9))
    for other in (together, wide, dirty):
        torch.testing.assert_close(other, alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_valid_position_matters(shape: tuple[str, int, bool]) -> None:
    model, row = NETWORKS[shape], [3, 4, 5, 6]
    with torch.inference_mode():
        answer = model(*padded([row], 6))
        for place in range(4):
            other = [*row[:place], 40, *row[place + 1 :]]
            assert not torch.equal(model(*padded([other], 6)), answer), place


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients_reach_every_parameter_and_only_the_words_that_were_read(shape: tuple[str, int, bool]) -> None:
    model = network(*shape, outputs=3)
    model(*padded([[2, 3, 4, 5], [6, 7]], 5)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    touched = model.embedding.weight.grad.abs().sum(dim=1).nonzero().flatten().tolist()  # type: ignore[union-attr]
    assert set(touched) <= {2, 3, 4, 5, 6, 7}
    assert 0 not in touched


def test_a_text_below_the_floor_speaks_as_softly_as_it_is_short() -> None:
    plain = network("mean", 1, True, outputs=2)
    floored = network("mean", 1, True, outputs=2)
    floored.architecture = msgspec.structs.replace(floored.architecture, pooling_floor=4)
    rows = padded([[3], [3, 4], [3, 4, 5, 6], [3, 4, 5, 6, 7]], 7)
    with torch.inference_mode():
        loud, soft = (model(*rows) - model.head.bias for model in (plain, floored))
    torch.testing.assert_close(soft, loud * torch.tensor([[0.25], [0.5], [1.0], [1.0]]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("units", "inputs"), [(100, 32), (7, 5), (1, 1)])
def test_parameters_of_an_lstm(units: int, inputs: int) -> None:
    assert parameter_count(LSTM(inputs, units)) == 4 * (units**2 + units * inputs + units)


def test_one_step_is_the_textbook_step() -> None:
    """Hochreiter & Schmidhuber 1997 with a forget gate (Gers et al. 2000), written out gate by gate."""
    torch.manual_seed(1)
    lstm = LSTM(5, 4)
    torch.nn.init.uniform_(lstm.bias, -1, 1)
    inputs = torch.randn(3, 6, 5)
    hidden = cell = torch.zeros(3, 4)
    for step in range(6):
        parts = inputs[:, step] @ lstm.weight_ih.T + hidden @ lstm.weight_hh.T + lstm.bias
        input_gate, forget_gate, candidate, output_gate = parts.chunk(4, dim=1)
        cell = forget_gate.sigmoid() * cell + input_gate.sigmoid() * candidate.tanh()
        hidden = output_gate.sigmoid() * cell.tanh()
        torch.testing.assert_close(lstm(inputs)[:, step], hidden)


def test_a_new_lstm_remembers() -> None:
    bias = LSTM(5, 4).bias
    assert bias.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8


def test_reversal_stays_inside_the_length() -> None:
    states = torch.arange(8.0).reshape(2, 4, 1)
    reversed_ = reverse_within_length(states, torch.tensor([3, 1]))
    assert reversed_.flatten().tolist() == [2, 1, 0, 3, 4, 5, 6, 7]


def test_logits_are_float32_under_autocast() -> None:
    model = NETWORKS["last", 1, False]
    with torch.autocast("cpu", torch.bfloat16):
        assert model(*padded([[2, 3]], 2)).dtype == torch.float32


def dropped_out(**fields: float) -> LSTMClassifier:
    torch.manual_seed(0)
    architecture = Architecture(vocabulary_size=50, embedding_size=16, hidden_size=7, outputs=1, **fields)  # type: ignore[arg-type]
    return LSTMClassifier(architecture)


def test_variational_dropout_drops_the_same_features_at_every_step() -> None:
    model = dropped_out(variational_dropout=0.5)
    read: list[Tensor] = []
    model.lstm[0].register_forward_pre_hook(lambda module, inputs: read.append(inputs[0]))
    ids, lengths = padded([[5, 6, 7, 8], [9, 10, 11, 12]], 4)
    model.train()(ids, lengths)
    zero = read[0] == 0
    assert torch.equal(zero, zero[:, :1].expand_as(zero))
    assert not torch.equal(zero[0], zero[1])
    assert 0 < int(zero[:, 0].sum()) < 32
    torch.testing.assert_close(read[0][~zero], 2.0 * model.embedding(ids)[~zero])


def test_weight_drop_drops_recurrent_weights_in_training_only() -> None:
    model = dropped_out(weight_drop=0.5)
    lstm = model.lstm[0].forward_lstm
    dropped = lstm._recurrent_weights()
    assert 0.3 < float((dropped == 0).float().mean()) < 0.7
    torch.testing.assert_close(dropped[dropped != 0], 2.0 * lstm.weight_hh[dropped != 0])
    ids, lengths = padded([[5, 6, 7, 8]], 4)
    assert not torch.equal(model(ids, lengths), model(ids, lengths))
    model.eval()
    assert torch.equal(model(ids, lengths), model(ids, lengths))
    assert lstm._recurrent_weights() is lstm.weight_hh
