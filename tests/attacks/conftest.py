"""The small bundles of the runtime's tests, to be turned against their user."""

from __future__ import annotations

from tests.runtime.conftest import toy, toy_path, write

__all__ = ["toy", "toy_path", "write"]
