"""What a run needs to go on: one safetensors file, replaced whole after every epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from tallygate.runtime.errors import CheckpointError
from tallygate.runtime.manifest import Score
from tallygate.runtime.outputs import write_bytes
from tallygate.train.loop import Trainer
from tallygate.train.metrics import EpochMetrics

_MEND = "train again with another --out"
_KEY = "tallygate"
Tensors = dict[str, Tensor]


class Best(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The best epoch so far, by validation accuracy, among equals by validation loss."""

    epoch: int
    temperature: float
    score: Score


@dataclass
class RunState:
    """How far a run has come. Its trainer's weights and optimizer belong to the last epoch of ``history``."""

    data_sha256: str
    """Of all rows and labels, so that a run never goes on with other data."""
    history: list[EpochMetrics] = field(default_factory=list)
    best: Best | None = None
    best_weights: Tensors = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.history)


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    data_sha256: str
    history: list[EpochMetrics]
    best: Best | None


def save_state(path: Path, state: RunState, trainer: Trainer) -> None:
    """Write ``state`` and the trainer's tensors. Raises :class:`OutputError` when that cannot be done."""
    tensors = {f"best.{name}": tensor for name, tensor in state.best_weights.items()} | _trainer_tensors(trainer)
    header = _Header(data_sha256=state.data_sha256, history=state.history, best=state.best)
    write_bytes(path, save(tensors, metadata={_KEY: msgspec.json.encode(header).decode("utf-8")}))


def load_state(path: Path, data_sha256: str, trainer: Trainer) -> RunState:
    """Read what :func:`save_state` wrote into ``trainer``; a new state where there is no file yet.

    Raises :class:`CheckpointError` when it is damaged, or the data has changed since.
    """
    if not path.exists():
        return RunState(data_sha256)
    try:
        header, tensors = _read(path)
        if header.data_sha256 != data_sha256:
            raise CheckpointError(path.parent, "the data has changed since this run began", _MEND)
        _restore(trainer, tensors)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(path, f"is damaged ({error})", _MEND) from error
    return RunState(data_sha256, header.history, header.best, _part(tensors, "best"))


def copy_of_weights(model: torch.nn.Module) -> Tensors:
    """The model's weights as they are now."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _trainer_tensors(trainer: Trainer) -> Tensors:
    tensors = {f"model.{name}": tensor for name, tensor in trainer.model.state_dict().items()}
    if trainer.average is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in trainer.average.state_dict().items()}
    for index, values in trainer.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": tensor for name, tensor in values.items()}
    return tensors


def _read(path: Path) -> tuple[_Header, Tensors]:
    with safe_open(path, framework="pt") as file:
        header = msgspec.json.decode(file.metadata()[_KEY], type=_Header)
        # Copies have the alignment of PyTorch's own tensors, on which the last bit of a product can depend.
        return header, {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118


def _restore(trainer: Trainer, tensors: Tensors) -> None:
    trainer.model.load_state_dict(_part(tensors, "model"))
    if trainer.average is not None:
        trainer.average.load_state_dict(_part(tensors, "average"))
    optimizer = trainer.optimizer.state_dict()
    optimizer["state"] = {}
    for name, tensor in _part(tensors, "optimizer").items():
        index, _, key = name.partition(".")
        optimizer["state"].setdefault(int(index), {})[key] = tensor
    trainer.optimizer.load_state_dict(optimizer)


def _part(tensors: Tensors, name: str) -> Tensors:
    prefix = f"{name}."
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
