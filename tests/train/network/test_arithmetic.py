"""Precision and CPU settings."""

from __future__ import annotations

import pytest
import torch

from tallygate.train.network import arithmetic
from tallygate.train.network.arithmetic import autocast, cpu_settings, resolve_precision


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, "bfloat16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bfloat16"),
        ({"avx512_f": True, "avx512_bf16": False}, "float32"),
        ({"architecture": "aarch64"}, "float32"),
    ],
)
def test_auto_follows_the_cpu(monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, object], expected: str) -> None:
    monkeypatch.setattr(arithmetic.torch.cpu, "get_capabilities", lambda: capabilities)
    assert resolve_precision("auto") == expected


def test_a_named_precision_stays() -> None:
    assert resolve_precision("bfloat16") == "bfloat16"
    assert resolve_precision("float32") == "float32"


def test_autocast_changes_products_only_for_bfloat16() -> None:
    a = torch.ones(2, 2)
    with autocast("float32"):
        assert (a @ a).dtype == torch.float32
    with autocast("bfloat16"):
        assert (a @ a).dtype == torch.bfloat16


def test_settings_hold_inside_and_are_undone() -> None:
    before = torch.get_num_threads()
    small = torch.tensor([1e-39])
    with cpu_settings(before + 1):
        assert torch.get_num_threads() == before + 1
        assert (small * 1.0).item() == 0.0
    assert torch.get_num_threads() == before
    assert (small * 1.0).item() > 0.0
