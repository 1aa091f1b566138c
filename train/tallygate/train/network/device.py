"""Which device trains."""

from __future__ import annotations

from typing import Literal, get_args

import torch

from tallygate.runtime.errors import EngineUnavailableError, UsageError

DeviceWish = Literal["auto", "cpu", "cuda"]
Device = Literal["cpu", "cuda"]


def resolve_device(wish: str) -> Device:
    """What ``auto`` means on this machine: a GPU where PyTorch sees one.

    Raises :class:`EngineUnavailableError` for a GPU that is not there, :class:`UsageError` for an unknown name.
    """
    if wish not in get_args(DeviceWish):
        raise UsageError(f"--device {wish}", "is unknown", "choose one of auto, cpu, cuda")
    if wish == "cpu" or (wish == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        built = f"is built for CUDA {torch.version.cuda} and finds no GPU" if torch.version.cuda else "has no CUDA"
        raise EngineUnavailableError("device cuda", f"PyTorch {torch.__version__} {built}", "use --device cpu")
    return "cuda"


def torch_device(device: Device, local_rank: int = 0) -> torch.device:
    """The device as PyTorch names it; of several GPUs the one of this process."""
    return torch.device(device, local_rank) if device == "cuda" else torch.device("cpu")
