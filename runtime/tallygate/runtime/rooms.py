"""How a room hands on what other rooms may use, each name imported when it is first asked for.

A room is a folder; what its ``__init__`` does not name is the room's own. Imported eagerly, one name of a room would
bring all its files along, so ``tallygate --help`` would load numpy and the trainer's help torch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def handed_on(
    room: str, names_of: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` for the package ``room``: ``names_of`` tells which names each file hands on."""
    home = {name: file for file, names in names_of.items() for name in names}

    def get_attribute(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{home[name]}"), name)

    def directory() -> list[str]:
        return sorted({*vars(sys.modules[room]), *home})

    return get_attribute, directory
