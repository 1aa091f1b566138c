"""Where tallygate keeps what this machine found out: the user's cache folder, or ``$TALLYGATE_CACHE``."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "TALLYGATE_CACHE"
"""Environment variable that names another folder."""


def cache_folder() -> Path:
    """The folder, which need not exist yet."""
    if folder := os.environ.get(FOLDER):
        return Path(folder)
    from platformdirs import user_cache_path

    return user_cache_path("tallygate", appauthor=False)
