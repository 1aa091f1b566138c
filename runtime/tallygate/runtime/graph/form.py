"""The forms that a graph may have: what goes in, what comes out, and the network between them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.network import Network
from tallygate.runtime.graph.onnx_file import ValueInfo
from tallygate.runtime.graph.storage import Storage
from tallygate.runtime.graph.streaming import State, StreamingNetwork, float32_storage, states_of
from tallygate.runtime.graph.tensor import FLOAT, INT64
from tallygate.runtime.graph.terms import Term, Terms

TEXTS = ValueInfo("ids", INT64, ("batch", "time")), ValueInfo("lengths", INT64, ("batch",))
"""The inputs of every graph."""


class Form(msgspec.Struct, frozen=True):
    """What one graph has to be."""

    inputs: list[ValueInfo]
    outputs: list[ValueInfo]
    write: Callable[[Terms], dict[str, Term]]
    """Writes the network; gives its outputs by name."""


Forming = Callable[[Architecture, Sizes, Storage], Form]
"""What :func:`whole_form` is. Raises :class:`ValueError` for an architecture that has no such form."""


def whole_form(architecture: Architecture, sizes: Sizes, storage: Storage) -> Form:
    """Whole texts in, logits out."""

    def write(terms: Terms) -> dict[str, Term]:
        return {"logits": Network(terms, architecture, sizes, storage).logits()}

    return Form([*TEXTS], [_logits(sizes)], write)


def streaming_form(architecture: Architecture, sizes: Sizes, storage: Storage) -> Form:
    """Pieces of texts and the states before them in, logits and the states behind them out."""
    floats = float32_storage(storage)
    states = states_of(architecture, sizes)

    def write(terms: Terms) -> dict[str, Term]:
        return StreamingNetwork(terms, architecture, sizes, floats).outputs()

    return Form(
        [*TEXTS, *(_value(state.taken, state) for state in states)],
        [_logits(sizes), *(_value(state.given, state) for state in states)],
        write,
    )


def _logits(sizes: Sizes) -> ValueInfo:
    return ValueInfo("logits", FLOAT, ("batch", sizes.outputs))


def _value(name: str, state: State) -> ValueInfo:
    return ValueInfo(name, state.dtype, ("batch", *state.shape))
