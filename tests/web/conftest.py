"""The browser that the page's tests use."""

from __future__ import annotations

from tests.runtime.page.conftest import chromium

__all__ = ["chromium"]
