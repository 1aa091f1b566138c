"""Presets: TOML in, a checked recipe out; unknown keys and impossible values name themselves."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tallygate.runtime.errors import PresetError
from tallygate.train.presets.preset import load_preset

SOUND = """
[text]
vocabulary_size = 100
max_length = 10
[model]
embedding_size = 4
hidden_size = 4
[training]
epochs = 1
"""


def test_seed_is_the_reports_table() -> None:
    preset = load_preset("seed")
    assert (preset.text.vocabulary_size, preset.text.max_length) == (5000, 600)
    model, training = preset.model, preset.training
    assert (model.embedding_size, model.hidden_size, model.layers, model.bidirectional) == (32, 100, 1, False)
    assert (model.pooling, model.dropout, model.embedding_dropout) == ("last", 0.0, 0.0)
    assert (training.batch_size, training.epochs, training.optimizer) == (64, 10, "adam")


def test_the_preset_of_short_texts_is_small_and_the_last_stage() -> None:
    small, short = load_preset("small"), load_preset("small-short")
    assert short.short is not None
    model = msgspec.structs.replace(small.model, pooling_floor=40)
    assert short == msgspec.structs.replace(small, model=model, short=short.short)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOUND)
    assert load_preset(path).text.max_length == 10


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("epochs", "epoch", "epoch"),
        ("[training]", "[train]", "train"),
        ("epochs = 1", "epochs = 0", "epochs = 0 must be from 1"),
        ("epochs = 1", "epochs = 'many'", "training.epochs"),
        ("epochs = 1", "", "epochs"),
        ("hidden_size = 4", "hidden_size = 4\ndropout = 1.0", "dropout = 1.0 must be at least 0 and below 1"),
        ("hidden_size = 4", "hidden_size = 4\npooling = 'sum'", "pooling"),
        ("hidden_size = 4", "hidden_size = 4\nhead_activation = 'swish'", "head_activation"),
        (
            "hidden_size = 4",
            "hidden_size = 4\npooling_floor = 40",
            "pooling_floor = 40 must be 1, or up to 65,536 where",
        ),
        ("hidden_size = 4", "hidden_size = 4\npooling = 'mean'\npooling_floor = 0", "pooling_floor = 0 must be 1"),
        ("max_length = 10", "max_length = nan", "max_length"),
        ("[text]", "[text", "line 2"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOUND.replace(old, new))
    with pytest.raises(PresetError) as caught:
        load_preset(path)
    assert named in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_unknown_and_unreadable_presets(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"is unknown; choose one of .*seed.*tiny"):
        load_preset("enormous")
    with pytest.raises(PresetError, match="No such file"):
        load_preset(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PresetError, match="cannot be read"):
        load_preset(tmp_path / "bytes.toml")
