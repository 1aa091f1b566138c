"""One run by several processes, each on its own GPU or CPU, as ``torchrun`` starts them.

Every batch is the one that a single process would take, and each process takes its share of it, so the result is the
same but for the order in which sums are rounded (and for dropout, which each process draws for itself).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from tallygate.runtime.errors import UsageError
from tallygate.train.loop.batching import Indices

_PATIENCE = timedelta(days=1)
"""Others wait so long for the first process, which may have teachers to train."""


@dataclass(frozen=True)
class Share:
    """One process's rows of a batch."""

    indices: Indices
    weight: float
    """Of the mean loss over these rows, in a gradient that is averaged over processes; 0 where they are a stand-in
    for a process that got no row."""


@dataclass(frozen=True)
class World:
    """All processes of a run, and which one this is."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """Among the processes of this machine."""

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def share_of(self, batch: Indices) -> Share:
        """This process's rows of a batch."""
        if self.size == 1:
            return Share(batch, 1.0)
        mine = batch[self.rank :: self.size]
        if not len(mine):
            return Share(batch[:1], 0.0)
        return Share(mine, len(mine) * self.size / len(batch))

    def parallel(self, model: nn.Module) -> nn.Module:
        """``model`` with gradients that are averaged over all processes; itself where there is one."""
        if self.size == 1:
            return model
        device = next(model.parameters()).device
        devices = [device] if device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=devices, broadcast_buffers=False)

    def sums(self, numbers: list[float], device: torch.device) -> list[float]:
        """Each number, summed over all processes."""
        if self.size == 1:
            return numbers
        total = torch.tensor(numbers, dtype=torch.float64, device=device)
        distributed.all_reduce(total)
        return [float(number) for number in total]

    def of_first(self, tensor: Tensor, device: torch.device) -> Tensor:
        """The first process's ``tensor``, so that all processes decide alike."""
        if self.size == 1:
            return tensor
        shared = tensor.to(device)
        distributed.broadcast(shared, src=0)
        return shared.to(tensor.device)

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            distributed.barrier()


ALONE = World()
"""One process."""


@contextmanager
def joined_world(device: str) -> Iterator[World]:
    """The processes that ``torchrun`` started, connected meanwhile; this one alone where it did not.

    Raises :class:`UsageError` when its environment variables make no sense.
    """
    world = _world_from_environment()
    if world.size == 1:
        yield world
        return
    if device == "cuda":
        torch.cuda.set_device(world.local_rank)
    distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        world.wait()
        yield world
    finally:
        distributed.destroy_process_group()


def _world_from_environment() -> World:
    names = {"rank": "RANK", "size": "WORLD_SIZE", "local_rank": "LOCAL_RANK"}
    if names["size"] not in os.environ:
        return World()
    try:
        world = World(**{field: int(os.environ[name]) for field, name in names.items()})
        if not 0 <= world.rank < world.size:
            raise ValueError("RANK is not below WORLD_SIZE")
    except (KeyError, ValueError) as error:
        reason = f"makes no sense for several processes ({error})"
        raise UsageError("environment", reason, "start with torchrun, or unset WORLD_SIZE") from error
    return world
