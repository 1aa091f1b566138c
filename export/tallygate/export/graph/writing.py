"""Terms of the graph contract as nodes of an ONNX file.

A network is written from the contract's own terms (:mod:`tallygate.runtime.graph`), so what is asked for and what is
written cannot differ. That both compute what PyTorch does is for the parity gates to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import onnx
from onnx import helper

from tallygate.runtime.graph import OPERATORS, Term, Terms

_OUTPUTS = {"TopK": 2}
"""Outputs that an operator has to have, taken or not; one where it is not told."""
_Spelled = tuple[tuple[str, type, Any], ...]


class TermWriter:
    """Writes what gives a term, and before it all that this takes and that has no name yet.

    ``known`` are the names of values that are there, ``wanted`` those that values are to have; ``prefix`` begins the
    names of all others. Inputs and weights keep the names that their terms tell.
    """

    def __init__(
        self, terms: Terms, known: Mapping[Term, str] = {}, wanted: Mapping[Term, str] = {}, prefix: str = ""
    ) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.numbers: list[onnx.TensorProto] = []
        self._terms, self._wanted, self._prefix = terms, wanted, prefix
        self._names = {**known, terms.nothing: ""}
        self._made: dict[tuple[object, ...], onnx.NodeProto] = {}

    def write(self, term: Term) -> str:
        """The name of the value that is ``term``."""
        if term not in self._names:
            kind, *rest = self._terms.key(term)
            if kind in ("input", "weight"):
                self._names[term] = str(rest[0])
            elif kind == "numbers":
                self._names[term] = self._number(rest)
            else:
                self._names[term] = self._output(term, str(kind), rest)
        return self._names[term]

    def _number(self, key: list[object]) -> str:
        dtype, dims, raw = cast("tuple[int, tuple[int, ...], bytes]", key)
        name = f"{self._prefix}number_{len(self.numbers)}"
        self.numbers.append(helper.make_tensor(name, dtype, dims, raw, raw=True))
        return name

    def _output(self, term: Term, kind: str, key: list[object]) -> str:
        *made, place = key
        node, at = self._made.get((kind, *made)) or self._node(kind, made), cast("int", place)
        node.output.extend([""] * (at + 1 - len(node.output)))
        node.output[at] = name = self._wanted.get(term, f"{node.name}_{at}")
        return name

    def _node(self, kind: str, key: list[object]) -> onnx.NodeProto:
        domain, spelled, inputs = cast("tuple[str, _Spelled, tuple[Term, ...]]", key)
        given = [self.write(value) for value in inputs]
        name = f"{self._prefix}{kind}_{len(self.nodes)}".lower()
        outputs = [f"{name}_{place}" for place in range(_OUTPUTS.get(kind, 1))]
        node = helper.make_node(kind, given, outputs, name=name, domain=domain)
        known = OPERATORS[domain, kind]
        changed = {label: value for label, _, value in spelled if value != known[label]}
        node.attribute.extend(helper.make_attribute(label, value) for label, value in changed.items())
        self.nodes.append(node)
        self._made[kind, *key] = node
        return node
