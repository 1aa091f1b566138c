"""The original archive of the IMDB reviews, downloaded once into the user's cache and checked by its hash."""

from __future__ import annotations

import sys
from pathlib import Path

from tallygate.runtime.errors import InputNotFoundError
from tallygate.train.corpora.imdb_sources import ARCHIVE

URL = f"https://ai.stanford.edu/~amaas/data/sentiment/{ARCHIVE}"
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
"""Of its 84,125,825 bytes."""
TIMEOUT = 30
"""Seconds without an answer after which the download is given up."""


def cache_folder() -> Path:
    """Where the archive is kept for this user; nothing is made there by asking."""
    import pooch

    return Path(pooch.os_cache("tallygate")) / "imdb"


def download_archive() -> Path:
    """Download the archive into :func:`cache_folder`.

    Raises :class:`InputNotFoundError` when it cannot be had, or what came is not the original.
    """
    import pooch

    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=TIMEOUT)
    try:
        path = pooch.retrieve(URL, f"sha256:{SHA256}", ARCHIVE, cache_folder(), downloader=downloader)
    except (OSError, ValueError) as error:
        what = "what came is not the original" if "hash" in str(error) else type(error).__name__
        reason = f"is not on this machine and cannot be downloaded ({what})"
        mend = f"fetch {URL} yourself and name its folder with --data-dir"
        raise InputNotFoundError("IMDB", reason, mend) from error
    return Path(path)
