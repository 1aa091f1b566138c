"""The networks that the LSTM is compared with."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tallygate.train.loop.batching import EncodedSplit
from tallygate.train.loop.trainer import Trainer
from tallygate.train.network.model import Architecture, LSTMClassifier, parameter_count
from tallygate.train.presets.training import TrainingPreset
from tallygate.train.study.networks import Kind, MlpClassifier, OneHotLSTMClassifier, RecurrentClassifier

SIZES = Architecture(vocabulary_size=30, embedding_size=6, hidden_size=5, outputs=3)
BOTH = Architecture(vocabulary_size=30, embedding_size=6, hidden_size=5, outputs=3, bidirectional=True)
NETWORKS = {
    "rnn": lambda: RecurrentClassifier("rnn", SIZES),
    "gru": lambda: RecurrentClassifier("gru", SIZES),
    "lstm": lambda: RecurrentClassifier("lstm", SIZES),
    "both rnn": lambda: RecurrentClassifier("rnn", BOTH),
    "both lstm": lambda: RecurrentClassifier("lstm", BOTH),
    "one-hot": lambda: OneHotLSTMClassifier(SIZES),
    "mlp": lambda: MlpClassifier(SIZES),
}


def batch() -> tuple[Tensor, Tensor]:
    ids = torch.randint(2, 30, (4, 9), generator=torch.Generator().manual_seed(1))
    return ids, torch.tensor([9, 4, 1, 6])


@pytest.mark.parametrize("name", NETWORKS)
def test_what_stands_after_a_text_changes_nothing(name: str) -> None:
    model = NETWORKS[name]().eval()
    ids, lengths = batch()
    other = torch.where(torch.arange(9) < lengths.unsqueeze(1), ids, 29 - ids + 1)
    assert torch.equal(model(ids, lengths), model(other, lengths))
    alone = model(ids[1:2, :4], lengths[1:2])
    assert torch.allclose(model(ids, lengths)[1:2], alone, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_order_counts_for_all_but_the_mlp(name: str) -> None:
    model = NETWORKS[name]().eval()
    ids = torch.tensor([[3, 4, 5, 6]])
    same = torch.allclose(model(ids, torch.tensor([4])), model(ids.flip(1), torch.tensor([4])), atol=1e-7)
    assert same == (name == "mlp")


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("gru", 3)])
def test_recurrent_kinds_count_as_their_equations_do(kind: Kind, gates: int) -> None:
    rest = 30 * 6 + (5 + 1) * 3
    assert parameter_count(RecurrentClassifier(kind, SIZES)) == rest + gates * (5 * 6 + 5 * 5 + 2 * 5)


def test_the_lstm_is_the_products() -> None:
    mine, products = RecurrentClassifier("lstm", SIZES).eval(), LSTMClassifier(SIZES).eval()
    products.load_state_dict(mine.state_dict())
    assert torch.equal(mine(*batch()), products(*batch()))


def test_states_and_logits_are_the_two_halves_of_forward() -> None:
    model = RecurrentClassifier("gru", BOTH).eval()
    ids, lengths = batch()
    assert torch.equal(model.logits(model.states(ids, lengths), lengths), model(ids, lengths))


def test_looked_up_columns_are_the_product_with_one_hot_words() -> None:
    model = OneHotLSTMClassifier(SIZES).eval()
    ids, lengths = batch()
    plain = LSTMClassifier(Architecture(vocabulary_size=30, embedding_size=30, hidden_size=5, outputs=3)).eval()
    state = {name: value for name, value in model.state_dict().items() if name != "embedding.weight"}
    plain.load_state_dict(
        state
        | {
            "embedding.weight": functional.one_hot(torch.arange(30)).float(),
            "lstm.0.forward_lstm.weight_ih": model.embedding.weight.detach().T,
        }
    )
    assert torch.allclose(model(ids, lengths), plain(ids, lengths), atol=1e-6)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_embedding_stays_as_it_was_given(frozen: bool) -> None:
    vectors = torch.rand(30, 6)
    model = RecurrentClassifier("gru", SIZES, vectors, frozen=frozen)
    assert torch.equal(model.embedding.weight, vectors)
    split = EncodedSplit([[2, 3], [4, 5], [6]], np.array([0, 1, 2]))
    Trainer(model, TrainingPreset(epochs=1), split, 3, "float32").run_epoch(1)
    assert torch.equal(model.embedding.weight, vectors) == frozen
