"""The peers of the benchmark answer as the bundle does: a comparison of speed with another model would be none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tallygate.export.peers.fasttext import FASTTEXT, VARIABLE
from tallygate.export.peers.plain_export import plain_onnx
from tallygate.export.peers.programs import OPENVINO, PLAIN_EXPORT, PYTORCH
from tallygate.runtime.bench.peers import Peer, peers_of_bundle
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import InputError, InputNotFoundError

TEXTS = ["A wonderful film.", "A dull film, and a terrible plot", "", "good " * 700, "bad", "it was not good " * 30]


def test_the_plain_export_gives_the_same_labels() -> None:
    bundle = open_bundle()
    expected = [answer.label for answer in Classifier.load(engine="onnxruntime", precision="fp32").predict(TEXTS)]
    plain = PLAIN_EXPORT.create(bundle, 1)
    assert plain.answer_many(TEXTS, 32) == expected
    assert [plain.answer_one(text) for text in TEXTS] == [[label] for label in expected]
    assert set(expected) == set(bundle.manifest.labels)


@pytest.mark.parametrize(("name", "peer"), [("pytorch", PYTORCH), ("openvino", OPENVINO)])
def test_a_peer_with_the_same_weights_gives_the_same_logits(name: str, peer: Peer) -> None:
    for module in peer.modules:
        pytest.importorskip(module, reason=f"needs {module}: pip install 'tallygate[{name}]'")
    expected = Classifier.load(engine="onnxruntime", precision="fp32").predict(TEXTS)
    contender = peer.create(open_bundle(), 1)
    for found in (contender.answer_many(TEXTS, 4), [contender.answer_one(text) for text in TEXTS]):
        for one, other in zip(expected, found, strict=True):  # type: ignore[call-overload]
            assert other.logits == pytest.approx(one.logits, abs=1e-4)
            assert other.engine == name


def test_the_plain_export_is_as_a_newcomer_would_write_it() -> None:
    import onnx

    bundle = open_bundle()
    graph = onnx.load_model_from_string(plain_onnx(bundle)).graph
    ids = graph.input[0].type.tensor_type.shape.dim
    assert (ids[0].dim_param, ids[1].dim_value) == ("batch", bundle.manifest.text.max_length)
    assert "LSTM" in {node.op_type for node in graph.node}


@pytest.mark.parametrize("peer", [PLAIN_EXPORT, PYTORCH])
def test_a_peer_names_what_it_needs(peer: Peer) -> None:
    assert "torch" in peer.modules


def test_fasttext_takes_part_only_where_a_model_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(InputNotFoundError, match="train one on the bundle's data"):
        FASTTEXT.create(open_bundle(), 1)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere.bin"))
    with pytest.raises(InputNotFoundError, match=r"nowhere\.bin"):
        FASTTEXT.create(open_bundle(), 1)


def test_fasttext_answers_as_its_own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _name_fasttext_model({"positive": "a wonderful film", "negative": "a dull plot"}, monkeypatch, tmp_path)
    contender = FASTTEXT.create(open_bundle(), 1)
    texts = ["WONDERFUL,<br />wonderful!", "Dull.\nDull", "", "\ud800 dull dull"]
    found = contender.answer_many(texts, 1)
    assert found == [contender.answer_one(text) for text in texts]
    assert np.array(found)[[0, 1, 3]].tolist() == ["positive", "negative", "negative"]
    assert "another model" in contender.name
    assert contender.accuracy is None, "nobody measured it on the bundle's data"


def test_a_fasttext_model_of_other_labels_is_no_peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _name_fasttext_model({"good": "a wonderful film", "bad": "a dull plot"}, monkeypatch, tmp_path)
    with pytest.raises(InputError, match="bad, good"):
        FASTTEXT.create(open_bundle(), 1)
    assert "bad, good" in peers_of_bundle(open_bundle(), 1)[1]["fasttext"]


def _name_fasttext_model(texts: dict[str, str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    reason = "needs fasttext: pip install 'tallygate[fasttext]'"
    fasttext = pytest.importorskip("fasttext", reason=reason)
    lines = [f"__label__{label} {text}\n" for label, text in texts.items()] * 50
    (folder / "train.txt").write_text("".join(lines), "utf-8")
    # fastText draws a tenth of the first weights per thread: with fewer than ten, the rest is whatever memory held.
    settings = {"dim": 10, "epoch": 20, "lr": 0.5, "bucket": 100, "thread": 10, "verbose": 0}
    fasttext.train_supervised(str(folder / "train.txt"), **settings).save_model(str(folder / "model.bin"))
    monkeypatch.setenv(VARIABLE, str(folder / "model.bin"))
