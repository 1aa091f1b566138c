"""Presets: every choice of a training run as one TOML file. Unknown keys and impossible values are errors."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec

from tallygate.runtime.engines.activations import ActivationName
from tallygate.runtime.errors import PresetError


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    def _require(self, holds: bool, field: str, rule: str) -> None:
        if not holds:
            raise ValueError(f"{field} = {getattr(self, field)!r} must be {rule}")


class TextPreset(_Section, frozen=True, kw_only=True):
    """How text becomes ids."""

    vocabulary_size: int
    """Rows of the embedding, padding (row 0) and unknown (row 1) included."""
    max_length: int
    """Longest text in tokens; the rest is cut off."""
    keep: Literal["first", "last"] = "last"
    """Which end of a longer text is kept."""
    punctuation: str = ""
    """Each character is a punctuation mark that becomes a token of its own."""

    def __post_init__(self) -> None:
        self._require(3 <= self.vocabulary_size <= 10_000_000, "vocabulary_size", "from 3 to 10,000,000")
        self._require(1 <= self.max_length <= 100_000, "max_length", "from 1 to 100,000")


class ModelPreset(_Section, frozen=True, kw_only=True):
    """The network: embedding, LSTM, pooling, activation, dropout, linear."""

    embedding_size: int
    """Size of one word's vector."""
    hidden_size: int
    """Units of the LSTM, per direction."""
    layers: int = 1
    """Stacked LSTM layers."""
    bidirectional: bool = False
    """Read every text from both ends and join what was read."""
    pooling: Literal["last", "mean", "max"] = "last"
    """What the classifier sees: the last valid state, or the mean or maximum over the valid states."""
    head_activation: ActivationName = "linear"
    """What is applied to these features before the linear layer; `linear` leaves them as they are."""
    dropout: float = 0.0
    """Share of the pooled features, and of the features between layers, that is dropped in training."""
    embedding_dropout: float = 0.0
    """Share of the embedding's output that is dropped in training."""

    def __post_init__(self) -> None:
        for field in ("embedding_size", "hidden_size", "layers"):
            self._require(1 <= getattr(self, field) <= 65_536, field, "from 1 to 65,536")
        for field in ("dropout", "embedding_dropout"):
            self._require(0.0 <= getattr(self, field) < 1.0, field, "at least 0 and below 1")


class TrainingPreset(_Section, frozen=True, kw_only=True):
    """The training loop."""

    epochs: int
    """Passes over the training data, at most."""
    batch_size: int = 64
    """Texts per step."""
    optimizer: Literal["adam", "adamw"] = "adam"
    """Adam (Kingma & Ba 2015), or AdamW with decoupled weight decay (Loshchilov & Hutter 2019)."""
    learning_rate: float = 1e-3
    """Highest step size."""
    weight_decay: float = 0.0
    """Strength of weight decay."""
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    """How the learning rate falls after the warm-up; `cosine` and `linear` end at 1% of it."""
    warmup_steps: int = 0
    """Steps in which the learning rate rises from 0."""
    clip_norm: float = 1.0
    """Longest gradient (Euclidean norm over all parameters); 0 leaves gradients as they are."""
    patience: int = 0
    """Epochs without a better validation accuracy, or a lower loss at the same, that end the training; 0 is off."""
    ema_decay: float = 0.0
    """Decay per step of the exponential moving average of the weights that is evaluated and kept; 0 is off."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced` weighs each label by the inverse of its share of the training data."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the forward pass; `auto` is bfloat16 where the CPU computes it natively."""
    seed: int = 0
    """Seed of initial weights, batch order and dropout."""

    def __post_init__(self) -> None:
        for field in ("epochs", "batch_size"):
            self._require(1 <= getattr(self, field) <= 1_000_000, field, "from 1 to 1,000,000")
        for field in ("weight_decay", "warmup_steps", "clip_norm", "patience", "seed"):
            self._require(getattr(self, field) >= 0, field, "at least 0")
        self._require(0.0 < self.learning_rate <= 10.0, "learning_rate", "above 0 and at most 10")
        self._require(0.0 <= self.ema_decay < 1.0, "ema_decay", "at least 0 and below 1")


class Preset(_Section, frozen=True, kw_only=True):
    """One recipe, whole."""

    text: TextPreset
    model: ModelPreset
    training: TrainingPreset


def preset_names() -> list[str]:
    """Names of the presets that ship with the package."""
    return sorted(entry.name.removesuffix(".toml") for entry in _shipped().iterdir() if entry.name.endswith(".toml"))


def load_preset(name: str | Path) -> Preset:
    """Load a shipped preset by name, or any ``.toml`` file by path.

    Raises :class:`PresetError` when it is unknown, is not TOML, or has an unknown or impossible field.
    """
    if str(name) in preset_names():
        return _preset_from_toml(str(name), _shipped().joinpath(f"{name}.toml").read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".toml":
        known = ", ".join(preset_names())
        raise PresetError(f"preset {name!r}", "is unknown", f"choose one of {known}, or name a .toml file")
    try:
        return _preset_from_toml(str(path), path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise PresetError(path, reason, "check the path") from error


def _shipped() -> Traversable:
    return files("tallygate.train") / "presets"


def _preset_from_toml(name: str, text: str) -> Preset:
    try:
        return msgspec.convert(tomllib.loads(text), Preset)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise PresetError(name, f"is not a preset ({error})", "mend that line of the file") from error
