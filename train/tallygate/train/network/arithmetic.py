"""How the device computes: threads, denormal numbers, and the precision of the forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from tallygate.train.network.device import Device

Precision = Literal["float32", "bfloat16"]


def native_bfloat16() -> bool:
    """Whether this CPU has instructions for bfloat16 products (AVX512_BF16 or AMX_BF16).

    Without them bfloat16 is emulated, which is slower than float32.
    """
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def resolve_precision(wish: Literal["auto", "float32", "bfloat16"], device: Device = "cpu") -> Precision:
    """What ``auto`` means on this machine."""
    if wish != "auto":
        return wish
    native = torch.cuda.is_bf16_supported() if device == "cuda" else native_bfloat16()
    return "bfloat16" if native else "float32"


def autocast(precision: Precision, device: str = "cpu") -> torch.autocast:
    """A context in which matrix products are computed in ``precision``; weights stay float32."""
    return torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16")


@contextmanager
def cpu_settings(threads: int) -> Iterator[None]:
    """Compute with ``threads`` threads and take numbers too small for a normal float as zero.

    A gate that saturates makes gradients of such numbers, each of which costs a CPU over a hundred cycles.
    """
    before = torch.get_num_threads()
    torch.set_flush_denormal(True)
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)
