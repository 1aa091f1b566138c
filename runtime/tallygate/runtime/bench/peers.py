"""Others that answer the same texts, for comparison.

Each part of tallygate registers its own, so that the runtime finds the plain export without importing upward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from tallygate.runtime.bench.contender import Contender
from tallygate.runtime.bundle import Bundle

GROUP = "tallygate.peers"
"""The entry points under which peers are registered, each a :class:`Peer`."""


@dataclass(frozen=True)
class Peer:
    """Something to compare with. Its module is imported to list it, so heavy imports belong inside ``create``."""

    modules: tuple[str, ...]
    """Top-level modules that it needs."""
    create: Callable[[Bundle, int], Contender]
    """Takes the bundle and a number of threads."""


def peers_of_bundle(bundle: Bundle, threads: int) -> tuple[list[Contender], dict[str, str]]:
    """Every registered peer that can run here, and for each of the others the reason why not."""
    contenders, absent = [], {}
    for entry in entry_points(group=GROUP):
        try:
            contenders.append(_contender(entry, bundle, threads))
        except Exception as error:  # whatever a peer's libraries raise, the benchmark goes on without it
            absent[entry.name] = " ".join(str(error).split())[:200]
    return contenders, absent


def _contender(entry: EntryPoint, bundle: Bundle, threads: int) -> Contender:
    peer: Peer = entry.load()
    missing = [module for module in peer.modules if find_spec(module) is None]
    if missing:
        raise ImportError(f"needs {', '.join(missing)}")
    return peer.create(bundle, threads)
