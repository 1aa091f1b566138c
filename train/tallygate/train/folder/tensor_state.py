"""Everything that training goes on from, as named tensors in one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from tallygate.runtime.outputs import write_bytes

Tensors = dict[str, Tensor]


class InTraining(Protocol):
    """What changes with every step."""

    @property
    def model(self) -> nn.Module:
        """Whose weights are trained."""

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Which keeps moments of every weight."""

    @property
    def average(self) -> AveragedModel | None:
        """Of the weights, where one is kept."""


def write_tensors(path: Path, tensors: Tensors, facts: Mapping[str, str]) -> None:
    """Write them and some strings. Raises :class:`OutputError` when that cannot be done."""
    write_bytes(path, save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata=dict(facts)))


def read_tensors(path: Path) -> tuple[Tensors, dict[str, str]]:
    """What :func:`write_tensors` wrote. Raises what safetensors and the file system raise."""
    with safe_open(path, framework="pt") as file:
        # Copies have the alignment of PyTorch's own tensors, on which the last bit of a product can depend.
        return {name: file.get_tensor(name).clone() for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def training_tensors(training: InTraining) -> Tensors:
    """Weights, their average where there is one, and the optimizer's."""
    tensors = {f"model.{name}": tensor for name, tensor in training.model.state_dict().items()}
    if training.average is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in training.average.state_dict().items()}
    for index, values in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": tensor for name, tensor in values.items()}
    return tensors


def restore_training(training: InTraining, tensors: Tensors) -> None:
    """Put back what :func:`training_tensors` gave. Raises :class:`RuntimeError` or :class:`KeyError` on a misfit."""
    training.model.load_state_dict(part_of(tensors, "model"))
    if training.average is not None:
        training.average.load_state_dict(part_of(tensors, "average"))
    optimizer = training.optimizer.state_dict()
    optimizer["state"] = {}
    for name, tensor in part_of(tensors, "optimizer").items():
        index, _, key = name.partition(".")
        optimizer["state"].setdefault(int(index), {})[key] = tensor
    training.optimizer.load_state_dict(optimizer)


def part_of(tensors: Tensors, name: str) -> Tensors:
    """The tensors of which the names begin with ``name`` and a dot, without that."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
