"""The version of the installed package."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("tallygate")
__version__ = VERSION
"""The name under which Python's users look for it."""
