"""How more of tallygate is installed here: the way that this copy came, since no index may have it.

pip notes where a package came from (``direct_url.json``, PEP 610): a checkout, a wheel or an archive. Only what came
from an index has no such note, and then the index has the extras too.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

DISTRIBUTION = "tallygate"


class _Folder(msgspec.Struct):
    editable: bool = False


class _DirectUrl(msgspec.Struct):
    url: str
    dir_info: _Folder | None = None


def pip_install(*extras: str) -> str:
    """The command that adds ``extras`` to this installation, for a mend: ``pip install 'WHERE[extra,extra]'``."""
    origin = _origin()
    where = DISTRIBUTION if origin is None else _place(origin.url)
    editable = "--editable " if origin and origin.dir_info and origin.dir_info.editable else ""
    return f"pip install {editable}'{where}[{','.join(extras)}]'"


def _origin() -> _DirectUrl | None:
    from importlib.metadata import PackageNotFoundError, distribution  # every prediction imports this file

    try:
        note = distribution(DISTRIBUTION).read_text("direct_url.json")
        return msgspec.json.decode(note, type=_DirectUrl) if note else None
    except (PackageNotFoundError, OSError, ValueError):
        return None


def _place(url: str) -> str:
    """A file as its path, so that it can be read; a path elsewhere as pip's ``name @ url`` would need it: the URL."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    return str(Path(unquote(parts.path))) if parts.scheme == "file" else url
