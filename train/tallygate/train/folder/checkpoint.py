"""A checkpoint: a folder with the weights, the vocabulary, and a JSON file that says what they are."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from tallygate.runtime.bundle import FileFacts, Temperatures, Training
from tallygate.runtime.errors import BundleInvalidError, CheckpointError
from tallygate.runtime.outputs import write_bytes, write_json
from tallygate.runtime.text import TextContract, Vocabulary
from tallygate.train.corpora import DataSource
from tallygate.train.folder.layout import LAYOUT, RunFacts
from tallygate.train.network import Architecture, LSTMClassifier

__all__ = ["Checkpoint", "DataSource", "load_checkpoint", "save_checkpoint", "shipped_checkpoint"]

_MEND = "train it again, or get it again from where it came"


@dataclass(frozen=True)
class Checkpoint:
    """A trained model with all that it needs to answer."""

    model: LSTMClassifier
    """In evaluation mode, float32."""
    vocabulary: Vocabulary
    text: TextContract
    labels: tuple[str, ...]
    """Sorted."""
    temperatures: Temperatures
    """Logits are divided by them before they become probabilities (Guo et al. 2017)."""
    training: Training
    data: DataSource
    """What it was trained on, so that its validation texts can be read again where they are at hand."""


class _Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``checkpoint.json``."""

    version: int = 1
    architecture: Architecture
    text: TextContract
    labels: tuple[str, ...]
    temperature: float | msgspec.UnsetType = msgspec.UNSET
    """One for all lengths, in checkpoints that are older than ``calibration``."""
    calibration: Temperatures | msgspec.UnsetType = msgspec.UNSET
    training: Training
    data: DataSource
    files: dict[str, FileFacts]

    def __post_init__(self) -> None:
        labels, outputs = list(self.labels), 1 if len(self.labels) == 2 else len(self.labels)
        rules = {
            f"version {self.version} is not 1": self.version == 1,
            "labels must be two or more, sorted, each once": len(labels) >= 2 and labels == sorted(set(labels)),
            "the network's outputs do not fit the labels": self.architecture.outputs == outputs,
            "it must have either temperature or calibration": [self.temperature, self.calibration].count(msgspec.UNSET)
            == 1,
            "temperature must be above 0": self.temperature is msgspec.UNSET or 0 < self.temperature < math.inf,
        }
        for rule, holds in rules.items():
            if not holds:
                raise ValueError(rule)


def shipped_checkpoint() -> Path:
    """The folder of the IMDB checkpoint that ships with the package."""
    return Path(__file__).parents[1] / "models" / "imdb"


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint into ``folder``; ``checkpoint.json``, which holds the hashes of the rest, comes last.

    Raises :class:`OutputError` when it cannot be written.
    """
    files = {
        LAYOUT.weights: save(checkpoint.model.state_dict()),
        LAYOUT.vocabulary: checkpoint.vocabulary.to_bytes(),
    }
    description = _Description(
        architecture=checkpoint.model.architecture,
        text=checkpoint.text,
        labels=checkpoint.labels,
        calibration=checkpoint.temperatures,
        training=checkpoint.training,
        data=checkpoint.data.without_paths(),
        files={name: _facts(data) for name, data in files.items()},
    )
    for name, data in files.items():
        write_bytes(folder / name, data)
    write_json(folder / LAYOUT.checkpoint, description)


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read the checkpoint in the folder ``path``; hashes and shapes are checked before anything is used.

    Raises :class:`CheckpointError` when it is missing, damaged, altered, or its parts do not belong together.
    """
    folder = Path(path)
    description = _read_description(folder)
    files = {name: _read_checked(folder, name, description) for name in (LAYOUT.weights, LAYOUT.vocabulary)}
    architecture = description.architecture
    return Checkpoint(
        model=_model_from_weights(architecture, files[LAYOUT.weights], folder / LAYOUT.weights),
        vocabulary=_vocabulary(files[LAYOUT.vocabulary], architecture, folder / LAYOUT.vocabulary),
        text=description.text,
        labels=description.labels,
        temperatures=description.calibration or Temperatures.constant(description.temperature or 1.0),
        training=description.training,
        data=_data_source(folder, description),
    )


def _read_description(folder: Path) -> _Description:
    if not (folder / LAYOUT.checkpoint).is_file():
        mend = "check the path, or make one with: tallygate train"
        raise CheckpointError(folder, "there is no checkpoint", mend)
    try:
        return msgspec.json.decode(_read(folder, LAYOUT.checkpoint), type=_Description)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(folder / LAYOUT.checkpoint, f"is damaged ({error})", _MEND) from error


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise CheckpointError(folder / name, f"cannot be read ({error.strerror})", _MEND) from error


def _read_checked(folder: Path, name: str, description: _Description) -> bytes:
    data = _read(folder, name)
    if description.files.get(name) != _facts(data):
        raise CheckpointError(folder / name, f"is not the file that {LAYOUT.checkpoint} names", _MEND)
    return data


def _facts(data: bytes) -> FileFacts:
    return FileFacts(sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def _model_from_weights(architecture: Architecture, data: bytes, source: Path) -> LSTMClassifier:
    try:
        weights = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(source, f"is damaged ({error})", _MEND) from error
    _check_weights(architecture, weights, source)
    model = LSTMClassifier(architecture)
    model.load_state_dict(weights)
    return model.eval()


def _check_weights(architecture: Architecture, weights: Mapping[str, Tensor], source: Path) -> None:
    expected = expected_weights(architecture, limit=len(weights))
    if {name: t.shape for name, t in weights.items()} != {name: t.shape for name, t in expected.items()}:
        raise CheckpointError(source, "does not fit the network that checkpoint.json describes", _MEND)
    if not all(t.dtype == expected[name].dtype and bool(t.isfinite().all()) for name, t in weights.items()):
        raise CheckpointError(source, "holds weights that are not finite float32 numbers", _MEND)


def expected_weights(architecture: Architecture, limit: int) -> dict[str, Tensor]:
    """The network's weights by name, as shapes and types without memory; empty if they are more than ``limit``."""
    if not 1 <= architecture.layers <= limit:
        return {}
    try:
        with torch.device("meta"):
            weights: dict[str, Tensor] = LSTMClassifier(architecture).state_dict()
    except (RuntimeError, ValueError, OverflowError):
        return {}
    return weights


def _vocabulary(data: bytes, architecture: Architecture, source: Path) -> Vocabulary:
    try:
        return Vocabulary.from_bytes(data, architecture.vocabulary_size, source)
    except BundleInvalidError as error:
        raise CheckpointError(source, error.reason, _MEND) from error


def _data_source(folder: Path, description: _Description) -> DataSource:
    facts = RunFacts.read(folder)
    return facts.data if facts else description.data
