"""What a run needs to go on: one safetensors file, replaced whole after every epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError

from tallygate.runtime.bundle import Score
from tallygate.runtime.errors import CheckpointError
from tallygate.train.folder import Tensors, part_of, read_tensors, restore_training, training_tensors, write_tensors
from tallygate.train.loop import Trainer
from tallygate.train.scores import EpochMetrics, Stage
from tallygate.train.wide import Mixture

_MEND = "train again with another --out"
_KEY = "tallygate"


class Best(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The epoch that would be kept: the best by validation accuracy, among equals by loss, or the last."""

    epoch: int
    temperature: float
    score: Score | None
    """On the validation texts; None where nothing is held out, and the temperature is then 1."""
    mixture: Mixture | None = None
    """Of LSTM and n-grams, where there are n-grams."""


@dataclass
class RunState:
    """How far a run has come. Its trainer's weights and optimizer belong to the last epoch of ``history``."""

    data_sha256: str
    """Of all rows and labels, so that a run never goes on with other data."""
    history: list[EpochMetrics] = field(default_factory=list)
    best: Best | None = None
    best_weights: Tensors = field(default_factory=dict)
    before: Tensors = field(default_factory=dict)
    """The weights that the stage of short texts began with; empty until then."""
    summed: Tensors = field(default_factory=dict)
    """Of its members that are trained: their weights, summed."""

    @property
    def epochs(self) -> int:
        """Epochs done, of all stages."""
        return len(self.history)

    @property
    def stage(self) -> Stage:
        """The stage of the last epoch."""
        return self.history[-1].stage if self.history else "training"

    def epochs_of(self, stage: Stage) -> list[EpochMetrics]:
        """The figures of the epochs of one stage."""
        return [metrics for metrics in self.history if metrics.stage == stage]


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    data_sha256: str
    history: list[EpochMetrics]
    best: Best | None


def save_state(path: Path, state: RunState, trainer: Trainer) -> None:
    """Write ``state`` and the trainer's tensors. Raises :class:`OutputError` when that cannot be done."""
    own = {"best": state.best_weights, "before": state.before, "summed": state.summed}
    tensors = {f"{part}.{name}": tensor for part, weights in own.items() for name, tensor in weights.items()}
    tensors |= training_tensors(trainer)
    header = _Header(data_sha256=state.data_sha256, history=state.history, best=state.best)
    write_tensors(path, tensors, {_KEY: msgspec.json.encode(header).decode("utf-8")})


def load_state(path: Path, data_sha256: str, trainer_of: Callable[[RunState], Trainer]) -> tuple[RunState, Trainer]:
    """Read what :func:`save_state` wrote; a new state where there is no file yet.

    ``trainer_of`` makes the trainer of the stage that a state has reached, into which the tensors are then read.
    Raises :class:`CheckpointError` when the file is damaged, or the data has changed since.
    """
    if not path.exists():
        state = RunState(data_sha256)
        return state, trainer_of(state)
    try:
        tensors, facts = read_tensors(path)
        header = msgspec.json.decode(facts[_KEY], type=_Header)
        if header.data_sha256 != data_sha256:
            raise CheckpointError(path.parent, "the data has changed since this run began", _MEND)
        parts = [part_of(tensors, part) for part in ("best", "before", "summed")]
        state = RunState(data_sha256, header.history, header.best, *parts)
        trainer = trainer_of(state)
        restore_training(trainer, tensors)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(path, f"is damaged ({error})", _MEND) from error
    return state, trainer


def copy_of_weights(model: torch.nn.Module) -> Tensors:
    """The model's weights as they are now."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
