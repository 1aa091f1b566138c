"""What a value of a graph is: the operator that gives it and what that takes, down to the inputs and the weights.

Equal terms have equal numbers (hash consing, Ershov 1958), so two graphs compute the same when their outputs have the
same number, whatever their values are called and in whatever order their operators stand.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from tallygate.runtime.graph.onnx_file import Attribute, Node
from tallygate.runtime.graph.tensor import INT64, Tensor

Term = int
MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own operators."""
TIME_FIRST = (1, 0, 2)
"""The permutation between [batch, time, width] and [time, batch, width]."""

OPERATORS: Mapping[tuple[str, str], Mapping[str, Attribute | None]] = {
    ("", "Add"): {},
    ("", "And"): {},
    ("", "Cast"): {"to": None},
    ("", "Clip"): {},
    ("", "Concat"): {"axis": None},
    ("", "DequantizeLinear"): {"axis": 1},
    ("", "Div"): {},
    ("", "DynamicQuantizeLinear"): {},
    ("", "Equal"): {},
    ("", "Expand"): {},
    ("", "Gather"): {"axis": 0},
    ("", "GatherElements"): {"axis": 0},
    ("", "Gemm"): {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0},
    ("", "Greater"): {},
    ("", "GreaterOrEqual"): {},
    ("", "Identity"): {},
    ("", "LSTM"): {"direction": "forward", "hidden_size": None, "input_forget": 0, "layout": 0},
    ("", "LeakyRelu"): {"alpha": struct.unpack("<f", struct.pack("<f", 0.01))[0]},
    ("", "Less"): {},
    ("", "MatMulInteger"): {},
    ("", "Max"): {},
    ("", "Mod"): {"fmod": 0},
    ("", "Mul"): {},
    ("", "Not"): {},
    ("", "Range"): {},
    ("", "ReduceMax"): {"keepdims": 1, "noop_with_empty_axes": 0},
    ("", "ReduceSum"): {"keepdims": 1, "noop_with_empty_axes": 0},
    ("", "Relu"): {},
    ("", "Reshape"): {"allowzero": 0},
    ("", "Shape"): {"start": 0, "end": None},
    ("", "Sigmoid"): {},
    ("", "Slice"): {},
    ("", "Softplus"): {},
    ("", "Squeeze"): {},
    ("", "Sub"): {},
    ("", "Tanh"): {},
    ("", "TopK"): {"axis": -1, "largest": 1, "sorted": 1},
    ("", "Transpose"): {"perm": None},
    ("", "Unsqueeze"): {},
    ("", "Where"): {},
    (MICROSOFT, "DynamicQuantizeLSTM"): {"direction": "forward", "hidden_size": None, "input_forget": 0},
}
"""Operators that a graph may hold, by domain and name: their attributes, and the default of each (``None``: it has to
be there), as https://onnx.ai/onnx/operators tells them."""


class Terms:
    """The terms met so far, each under its number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], Term] = {}
        self._keys: list[tuple[object, ...]] = []
        self._inputs: dict[Term, tuple[Term, ...]] = {}
        self.nothing = self.leaf("nothing")
        """An optional input that is left out."""

    @property
    def count(self) -> int:
        """How many there are; a term that is new from here on has this number or a larger one."""
        return len(self._numbers)

    def leaf(self, *key: object) -> Term:
        """What is not computed: an input, a weight, a number."""
        term = self._numbers.setdefault(key, len(self._numbers))
        if term == len(self._keys):
            self._keys.append(key)
        return term

    def key(self, term: Term) -> tuple[object, ...]:
        """What a term is: the key of its leaf, or operator, domain, attributes, inputs and output."""
        return self._keys[term]

    def numbers(self, *values: int, scalar: bool = False, dims: tuple[int, ...] | None = None) -> Term:
        """int64 constants: a list of ``values``, one value, or of the shape ``dims``."""
        dims = dims or (() if scalar else (len(values),))
        return self.leaf("numbers", INT64, dims, struct.pack(f"<{len(values)}q", *values))

    def constant(self, tensor: Tensor) -> Term:
        """A tensor that is no weight."""
        return self.leaf("numbers", tensor.dtype, tensor.dims, bytes(tensor.raw))

    def apply(self, kind: str, *inputs: Term, domain: str = "", output: int = 0, **attributes: Attribute) -> Term:
        """What an operator gives. Raises :class:`ValueError` for one that no graph of tallygate holds."""
        known = OPERATORS.get((domain, kind))
        if known is None:
            raise ValueError("is of no operator that tallygate writes")
        if strange := attributes.keys() - known.keys():
            raise ValueError(f"has the attribute {ascii(min(strange))[:60]}, which tallygate does not write")
        values = {**known, **attributes}
        if kind == "Identity" and len(inputs) == 1:
            return inputs[0]
        if kind == "Transpose" and values["perm"] == TIME_FIRST and (inner := self._transposed(inputs)) is not None:
            return inner
        # The type is told, since 1 == 1.0.
        spelled = tuple((name, type(value), value) for name, value in values.items())
        term = self.leaf(kind, domain, spelled, inputs, output)
        self._inputs[term] = inputs
        return term

    def outputs(self, node: Node, inputs: tuple[Term, ...]) -> list[Term]:
        """What each output of a node of a file is. Raises :class:`ValueError` as :meth:`apply`."""
        return [
            self.apply(node.kind, *inputs, domain=node.domain, output=place, **node.attributes)
            for place in range(len(node.outputs))
        ]

    def _transposed(self, inputs: tuple[Term, ...]) -> Term | None:
        """Where ``inputs`` is one value that this permutation made, what it was made of: twice is not at all."""
        if len(inputs) == 1 and self._twice(inputs[0]):
            return self._inputs[inputs[0]][0]
        return None

    def _twice(self, term: Term) -> bool:
        made = self._inputs.get(term)
        return made is not None and len(made) == 1 and self._is_time_first(term, made)

    def _is_time_first(self, term: Term, made: tuple[Term, ...]) -> bool:
        spelled = (("perm", tuple, TIME_FIRST),)
        return self._numbers.get(("Transpose", "", spelled, made, 0)) == term
