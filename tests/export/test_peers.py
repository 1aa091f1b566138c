"""The peers of the benchmark answer as the bundle does: a comparison of speed with another model would be none."""

from __future__ import annotations

import pytest

from tallygate.export.peers import PLAIN_EXPORT, PYTORCH
from tallygate.export.plain_export import plain_onnx
from tallygate.runtime.bench.peers import Peer
from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.classifier import Classifier

TEXTS = ["A wonderful film.", "A dull film, and a terrible plot", "", "good " * 700, "bad", "it was not good " * 30]


def test_the_plain_export_gives_the_same_labels() -> None:
    bundle = open_bundle()
    expected = [answer.label for answer in Classifier.load(engine="onnxruntime", precision="fp32").predict(TEXTS)]
    plain = PLAIN_EXPORT.create(bundle, 1)
    assert plain.answer_many(TEXTS, 32) == expected
    assert [plain.answer_one(text) for text in TEXTS] == [[label] for label in expected]
    assert set(expected) == set(bundle.manifest.labels)


def test_pytorch_gives_the_same_logits() -> None:
    expected = Classifier.load(engine="onnxruntime", precision="fp32").predict(TEXTS)
    found = PYTORCH.create(open_bundle(), 1).answer_many(TEXTS, 4)
    for one, other in zip(expected, found, strict=True):  # type: ignore[call-overload]
        assert other.logits == pytest.approx(one.logits, abs=1e-4)
        assert other.engine == "pytorch"


def test_the_plain_export_is_as_a_newcomer_would_write_it() -> None:
    import onnx

    graph = onnx.load_model_from_string(plain_onnx(open_bundle())).graph
    ids = graph.input[0].type.tensor_type.shape.dim
    assert (ids[0].dim_param, ids[1].dim_value) == ("batch", 600)
    assert "LSTM" in {node.op_type for node in graph.node}


@pytest.mark.parametrize("peer", [PLAIN_EXPORT, PYTORCH])
def test_a_peer_names_what_it_needs(peer: Peer) -> None:
    assert "torch" in peer.modules
