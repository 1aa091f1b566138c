"""Large tensors on huge pages. This module imports no torch, which reads the request when it is loaded."""

from __future__ import annotations

import os

VARIABLE = "THP_MEM_ALLOC_ENABLE"
"""PyTorch's own switch; it has an effect on Linux only."""


def request_huge_pages() -> None:
    """Ask PyTorch to put tensors of 2 MiB and more on huge pages, unless the user has decided already.

    The LSTM's workspaces are new memory in every step, and on pages of 4 KiB a third of a step goes into page faults.
    """
    os.environ.setdefault(VARIABLE, "1")
