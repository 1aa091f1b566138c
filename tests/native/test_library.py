"""What a device has to hold of the C core."""

from __future__ import annotations

import pytest

tallygate_native = pytest.importorskip("tallygate_native", reason="needs the C core: make setup")


def test_the_library_is_small() -> None:
    """The Unicode tables, every kernel of its architecture, and no dependency."""
    assert tallygate_native.library_path().stat().st_size <= 150_000
